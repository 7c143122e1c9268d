/** The teleprompters of `mabeam optimize` by name: how each is made, and which options of a request it takes. */

import {
  beacon,
  betterTogether,
  bootstrapFewShot,
  bootstrapRandomSearch,
  copro,
  gepa,
  inferRules,
  jointSearch,
  labeledFewShot,
  miproV2,
  modelProposer,
  nearestFewShot,
  type Planner,
  type Proposer,
  type SearchPlanOptions,
  searchPlan,
  simba,
  type Teleprompter,
} from '@mabeam/dspx'
import { conflictingOption } from '../errors.ts'
import { chosenSampler } from '../study/sampler-choice.ts'
import type { StudyRequest } from './job-options.ts'

/** Options that only some teleprompters take. */
export type TeleprompterOption = 'budget' | 'sampler' | 'rowsPerTrial' | 'proposer'

/** What a teleprompter is made from. */
export interface TeleprompterParts {
  readonly request: StudyRequest
  /** Opens the study of a search where it is kept. */
  readonly study: NonNullable<SearchPlanOptions['study']>
}

interface Offered {
  readonly takes: readonly TeleprompterOption[]
  /** Whether it keeps a study, which `mabeam study show` reads. */
  readonly keepsStudy: boolean
  readonly make: (parts: TeleprompterParts) => Teleprompter
}

/** Configurations of a search and validation rows for each, where nobody says how many. */
export const searchDefaults = { budget: 60, rowsPerTrial: 300 } as const

const offered = {
  joint: {
    takes: ['budget', 'sampler', 'rowsPerTrial', 'proposer'],
    keepsStudy: true,
    make: (parts) => searched(jointSearch(writing(parts)), parts),
  },
  beacon: {
    takes: ['budget', 'sampler', 'proposer'],
    keepsStudy: false,
    make: ({ request }) => beacon({ ...trials(request), ...sampling(request), ...writing({ request }) }),
  },
  'mipro-v2': {
    takes: ['budget', 'proposer'],
    keepsStudy: false,
    make: ({ request }) =>
      miproV2({ ...(request.budget !== undefined && { trials: request.budget }), ...writing({ request }) }),
  },
  gepa: { takes: ['proposer'], keepsStudy: false, make: (parts) => gepa(writing(parts)) },
  simba: { takes: ['proposer'], keepsStudy: false, make: (parts) => simba(writing(parts)) },
  copro: { takes: ['proposer'], keepsStudy: false, make: (parts) => copro(writing(parts)) },
  'infer-rules': { takes: ['proposer'], keepsStudy: false, make: (parts) => inferRules(writing(parts)) },
  'bootstrap-random-search': {
    takes: ['budget', 'sampler', 'rowsPerTrial'],
    keepsStudy: true,
    make: (parts) => searched(bootstrapRandomSearch(), parts),
  },
  'bootstrap-few-shot': {
    takes: [],
    keepsStudy: true,
    make: ({ study }) => searchPlan(bootstrapFewShot(), { study }),
  },
  'labeled-few-shot': { takes: [], keepsStudy: true, make: ({ study }) => searchPlan(labeledFewShot(), { study }) },
  'nearest-few-shot': { takes: [], keepsStudy: false, make: () => nearestFewShot() },
  'better-together': {
    takes: ['proposer'],
    keepsStudy: false,
    make: (parts) => betterTogether({ teleprompters: [gepa(writing(parts)), bootstrapRandomSearch()] }),
  },
} as const satisfies { readonly [name: string]: Offered }

export type TeleprompterName = keyof typeof offered

export const teleprompterNames = Object.keys(offered) as readonly TeleprompterName[]

/** How a teleprompter of a name works. */
export function offeredTeleprompter(name: TeleprompterName): Offered {
  return offered[name]
}

/** Throws `mabeam/usage` naming an option that was given, and that the teleprompter does not take. */
export function checkTaken(request: Partial<StudyRequest>, name: TeleprompterName): void {
  const options: readonly TeleprompterOption[] = ['budget', 'sampler', 'rowsPerTrial', 'proposer']
  const takes: readonly TeleprompterOption[] = offered[name].takes
  const wrong = options.find((option) => request[option] !== undefined && !takes.includes(option))
  if (wrong === undefined) return
  const others = teleprompterNames.filter((one) => (offered[one].takes as readonly string[]).includes(wrong))
  throw conflictingOption(name, wrong, others)
}

/** A search of a plan, kept in the study; its default options are those of the command. */
function searched(planner: Planner, { request, study }: TeleprompterParts): Teleprompter {
  const { budget: trialsMax, rowsPerTrial } = { ...searchDefaults, ...request }
  return searchPlan(planner, { trialsMax, rowsPerTrial, ...sampling(request), study })
}

function trials({ budget }: StudyRequest): { readonly trialsMax?: number } {
  return budget === undefined ? {} : { trialsMax: budget }
}

function sampling({ sampler }: StudyRequest): Pick<SearchPlanOptions, 'sampler'> {
  return sampler === undefined ? {} : { sampler: chosenSampler(sampler) }
}

function writing({ request: { proposer } }: { readonly request: StudyRequest }): { readonly proposer?: Proposer } {
  return proposer === undefined ? {} : { proposer: modelProposer({ lm: proposer }) }
}
