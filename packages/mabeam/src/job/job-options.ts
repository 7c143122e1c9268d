/** What a study of a program is asked for, when it begins and when it goes on. */

import { type Clock, checkOptions, rule, unknownName } from '@mabeam/foundation'
import { checkStudyId } from '../home.ts'
import { checkModelCalls, type ModelCallOptions } from '../model-calls.ts'
import type { SamplerChoice } from '../study/sampler-choice.ts'
import type { JobEvent } from './job-event.ts'
import { type ObjectiveName, objectiveNames } from './objectives.ts'
import type { DataFiles } from './study-inputs.ts'

/** What every job needs of the process it runs in. */
export interface JobPlace {
  /** The folder for studies and artefacts, absolute. */
  readonly home: string
  /** Paths are taken from here, absolute. */
  readonly cwd: string
  readonly env: { readonly [name: string]: string | undefined }
  readonly clock: Clock
  /** How patient calls of models are. @default modelCallDefaults */
  readonly calls?: ModelCallOptions
  readonly signal?: AbortSignal
  readonly onEvent?: (event: JobEvent) => void
}

/** What is tuned, on what, and how hard. Kept in the journal. */
export interface StudyRequest {
  /** The file whose default export is the program. */
  readonly program: string
  readonly data: DataFiles
  /** Configurations to try. @default 60 */
  readonly budget?: number
  /** Trials at the same time, each by a supervised actor. @default 4 */
  readonly workers?: number
  /** @default 7 */
  readonly seed?: number
  /** @default 'tpe' */
  readonly sampler?: StudySampler
  /** @default 'joint' */
  readonly teleprompter?: 'joint' | 'bootstrap-random-search'
  /** What the search makes better; the first decides what is best. @default ['accuracy'] */
  readonly objectives?: readonly ObjectiveName[]
  /** Rows in flight at once in one worker. @default 8 */
  readonly concurrency?: number
  /** Validation rows each trial is judged by; the best are raced on all of them. @default 300 */
  readonly rowsPerTrial?: number
}

/** A study to go on with, and what may differ from when it began. */
export interface ResumeRequest {
  readonly resume: string
  /** @default as when it began; a higher one goes on with a study that was finished */
  readonly budget?: number
  /** @default as when it began */
  readonly workers?: number
  /** @default as when it began */
  readonly concurrency?: number
}

/** A new study, or one to go on with. */
export type JobOptions = JobPlace & ((StudyRequest & { readonly study?: string }) | ResumeRequest)

/** The samplers that a program is tuned by. */
export const studySamplers = ['tpe', 'random', 'adaptive', 'gp'] as const satisfies readonly SamplerChoice[]
export type StudySampler = (typeof studySamplers)[number]

export const optimizeProgramDefaults = {
  budget: 60,
  workers: 4,
  seed: 7,
  sampler: 'tpe',
  teleprompter: 'joint',
  objectives: ['accuracy'],
  concurrency: 8,
  rowsPerTrial: 300,
} as const satisfies Required<Omit<StudyRequest, 'program' | 'data'>>

const placeRules = {
  home: rule.string(),
  cwd: rule.string(),
  env: rule.object(),
  clock: rule.object(),
  calls: rule.optional(rule.object()),
  signal: rule.optional(rule.object()),
  onEvent: rule.optional(rule.fn()),
}

/** What a resumed study may be given anew. */
const changeableRules = {
  budget: rule.optional(rule.int(1, 100_000)),
  workers: rule.optional(rule.int(1, 1_000)),
  concurrency: rule.optional(rule.int(1, 10_000)),
}

/** Throws `foundation/invalid-option` or `foundation/unknown-name`. */
export function checkJobOptions(options: JobOptions): void {
  checkModelCalls('optimize: calls', options.calls ?? {})
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
    teleprompter: rule.optional(rule.oneOf(['joint', 'bootstrap-random-search'])),
    objectives: rule.optional(rule.array()),
    rowsPerTrial: rule.optional(rule.int(1)),
  })
  if (options.study !== undefined) checkStudyId(options.study)
  for (const name of options.objectives ?? []) {
    if (!(objectiveNames as readonly string[]).includes(name))
      throw unknownName('optimize', 'objective', String(name), objectiveNames)
  }
}

/** The request with every default filled in; without the place and the study's name. */
export function studyRequest(options: StudyRequest): Required<StudyRequest> {
  const { program, data, ...rest } = { ...optimizeProgramDefaults, ...options }
  const { budget, workers, seed, sampler, teleprompter, objectives, concurrency, rowsPerTrial } = rest
  return { program, data, budget, workers, seed, sampler, teleprompter, objectives, concurrency, rowsPerTrial }
}

/** The request of a study that goes on: as it was, but for what is given anew. */
export function resumedRequest(before: Required<StudyRequest>, now: ResumeRequest): Required<StudyRequest> {
  const { budget, workers, concurrency } = { ...before, ...now }
  return { ...before, budget, workers, concurrency }
}
