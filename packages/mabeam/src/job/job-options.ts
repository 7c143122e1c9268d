/** What a study of a program is asked for, when it begins and when it goes on. */

import type { KnownObjective, TuningBudget, TuningReport } from '@mabeam/dspx'
import { type Clock, checkOptions, definedOptions, rule, unknownName } from '@mabeam/foundation'
import { checkStudyId } from '../home.ts'
import { checkModelCalls, type ModelCallOptions } from '../model-calls.ts'
import { picked } from '../picked.ts'
import type { SamplerChoice } from '../study/sampler-choice.ts'
import { isLengthPaid, limitParts } from './further-work.ts'
import type { JobEvent } from './job-event.ts'
import { checkTaken, searchDefaults, type TeleprompterName, teleprompterNames } from './offered-teleprompters.ts'
import type { DataFiles } from './study-inputs.ts'

/** What every job needs of the process it runs in. */
export interface JobPlace {
  /** The folder for studies and artefacts, absolute. */
  readonly home: string
  /** Paths are taken from here, absolute. */
  readonly cwd: string
  readonly env: { readonly [name: string]: string | undefined }
  readonly clock: Clock
  readonly signal?: AbortSignal
  readonly onEvent?: (event: JobEvent) => void
}

/** What is tuned, on what, and how hard. Kept in the study's folder. */
export interface StudyRequest {
  /** The file whose default export is the program. */
  readonly program: string
  readonly data: DataFiles
  /** @default 'joint' */
  readonly teleprompter?: TeleprompterName
  /** Configurations to try, where the teleprompter searches a space of them. @default 60, or the teleprompter's own */
  readonly budget?: number
  /** What tuning may spend; the reading of the test rows comes on top. @default no limit */
  readonly limits?: TuningBudget
  /** Actors that try rows, each supervised. @default 4 */
  readonly workers?: number
  /** @default 7 */
  readonly seed?: number
  /** Who chooses configurations. @default 'tpe', or the teleprompter's own */
  readonly sampler?: StudySampler
  /** The id of a model that writes instructions. @default none: they are drawn from the training rows */
  readonly proposer?: string
  /** What the search makes better; the first decides what is best. @default ['accuracy'] */
  readonly objectives?: readonly KnownObjective[]
  /** Rows in flight at once in one worker. @default 8 */
  readonly concurrency?: number
  /** Validation rows each configuration is tried on; the best are tried on all of them. @default 300, or the teleprompter's own */
  readonly rowsPerTrial?: number
  /** How patient calls of models are, and how long answers may be. @default modelCallDefaults */
  readonly calls?: ModelCallOptions
}

/** What may differ when a study goes on. */
export type ChangeableRequest = Pick<StudyRequest, 'budget' | 'limits' | 'workers' | 'concurrency' | 'calls'>

/** A study to go on with, and what may differ from when it began: what is not named is as it was. */
export interface ResumeRequest extends ChangeableRequest {
  /** The id. A higher budget or limit goes on with a study that was finished, shorter answers with one whose budget ended it. */
  readonly resume: string
}

/** A new study, or one to go on with. */
export type JobOptions = JobPlace & ((StudyRequest & { readonly study?: string }) | ResumeRequest)

/** The samplers that a program is tuned by. */
export const studySamplers = ['tpe', 'random', 'adaptive', 'gp'] as const satisfies readonly SamplerChoice[]
export type StudySampler = (typeof studySamplers)[number]

/** What the search can make better; `costUsd` where the price of every model is known. */
export const objectiveNames = [
  'accuracy',
  'costUsd',
  'latencyMs',
  'tokens',
  'calls',
] as const satisfies readonly KnownObjective[]

export const optimizeProgramDefaults = {
  ...searchDefaults,
  workers: 4,
  seed: 7,
  sampler: 'tpe',
  teleprompter: 'joint',
  objectives: ['accuracy'],
  concurrency: 8,
} as const satisfies Partial<StudyRequest>

/** A request with the defaults that hold for every teleprompter. */
export type SettledRequest = StudyRequest &
  Required<Pick<StudyRequest, 'teleprompter' | 'workers' | 'seed' | 'objectives' | 'concurrency' | 'limits'>>

const placeRules = {
  home: rule.string(),
  cwd: rule.string(),
  env: rule.object(),
  clock: rule.object(),
  signal: rule.optional(rule.object()),
  onEvent: rule.optional(rule.fn()),
}

/** What a resumed study may be given anew. */
const changeableRules = {
  budget: rule.optional(rule.int(1, 100_000)),
  limits: rule.optional(rule.object()),
  workers: rule.optional(rule.int(1, 1_000)),
  concurrency: rule.optional(rule.int(1, 10_000)),
  calls: rule.optional(rule.object()),
}

/** Throws `foundation/invalid-option`, `foundation/unknown-name`; `mabeam/usage` for what the teleprompter does not take. */
export function checkJobOptions(options: JobOptions): void {
  checkModelCalls('optimize: calls', options.calls ?? {})
  checkOptions('optimize: limits', options.limits ?? {}, {
    calls: rule.optional(rule.int(0)),
    tokens: rule.optional(rule.int(0)),
    usd: rule.optional(rule.number(0)),
    ms: rule.optional(rule.number(0)),
  })
  if ('resume' in options) {
    checkOptions('optimize', options, { ...placeRules, ...changeableRules, resume: rule.string() })
    return
  }
  checkOptions('optimize', options, {
    ...placeRules,
    ...changeableRules,
    program: rule.string(),
    data: rule.object(),
    study: rule.optional(rule.string()),
    seed: rule.optional(rule.int(0)),
    sampler: rule.optional(rule.oneOf(studySamplers)),
    proposer: rule.optional(rule.string()),
    teleprompter: rule.optional(rule.oneOf(teleprompterNames)),
    objectives: rule.optional(rule.array()),
    rowsPerTrial: rule.optional(rule.int(1)),
  })
  if (options.study !== undefined) checkStudyId(options.study)
  checkTaken(options, options.teleprompter ?? optimizeProgramDefaults.teleprompter)
  for (const name of options.objectives ?? []) {
    if (!(objectiveNames as readonly string[]).includes(name))
      throw unknownName('optimize', 'objective', String(name), objectiveNames)
  }
}

const requestKeys = [
  'program',
  'data',
  'teleprompter',
  'budget',
  'limits',
  'workers',
  'seed',
  'sampler',
  'proposer',
  'objectives',
  'concurrency',
  'rowsPerTrial',
  'calls',
] as const satisfies readonly (keyof StudyRequest)[]

/** The request with its defaults; without the place and the study's name. */
export function settledRequest(options: StudyRequest): SettledRequest {
  const { teleprompter, workers, seed, objectives, concurrency } = optimizeProgramDefaults
  const defaults = { teleprompter, workers, seed, objectives, concurrency, limits: {} }
  return { ...defaults, ...picked(options, requestKeys) }
}

/** The request of a study that goes on: as it was, but for what is given anew. */
export function resumedRequest(before: SettledRequest, now: ChangeableRequest): SettledRequest {
  const limits = { ...before.limits, ...definedOptions(now.limits ?? {}) }
  const calls = { ...before.calls, ...definedOptions(now.calls ?? {}) }
  const isSaid = Object.keys(calls).length > 0
  return { ...before, ...picked(now, ['budget', 'workers', 'concurrency']), limits, ...(isSaid && { calls }) }
}

/** Whether a request allows more than another one, whose work has ended: shorter answers do where its budget ended it. */
export function allowsMore(now: SettledRequest, before: SettledRequest, ended: TuningReport['ended']): boolean {
  const { budget: trials = searchDefaults.budget } = before
  if ((now.budget ?? trials) > trials) return true
  if (ended === 'budget' && isLengthPaid(now.limits) && lengthOf(now) < lengthOf(before)) return true
  return limitParts.some((part) => {
    const limit = before.limits[part]
    return limit !== undefined && (now.limits[part] ?? Number.POSITIVE_INFINITY) > limit
  })
}

function lengthOf({ calls }: SettledRequest): number {
  return calls?.maxOutputTokens ?? Number.POSITIVE_INFINITY
}
