/** What a study of a program is asked for, and how a resumed one gets it back from its journal. */

import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { TuningPlan } from '@mabeam/dspx'
import { type Clock, checkOptions, type Json, rule, unknownName } from '@mabeam/foundation'
import { noSuchStudy } from '../errors.ts'
import { type StudyFolder, studyFolder } from '../home.ts'
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
  readonly sampler?: 'tpe' | 'random'
  /** @default 'joint' */
  readonly teleprompter?: 'joint' | 'bootstrap-random-search'
  /** What the search makes better; the first decides what is best. @default ['accuracy'] */
  readonly objectives?: readonly ObjectiveName[]
  /** Rows in flight at once in one worker. @default 8 */
  readonly concurrency?: number
  /** Validation rows each trial is judged by; the best are raced on all of them. @default 300 */
  readonly rowsPerTrial?: number
}

/** A new study, or one to go on with. */
export type JobOptions = JobPlace & ((StudyRequest & { readonly study?: string }) | { readonly resume: string })

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

/** What the header of the journal keeps: enough to go on from the study's id alone. */
export interface StudyMeta {
  readonly version: 1
  readonly request: Required<StudyRequest>
  readonly digests: { readonly [path: string]: string }
  readonly plan: TuningPlan
}

const placeRules = {
  home: rule.string(),
  cwd: rule.string(),
  env: rule.object(),
  clock: rule.object(),
  signal: rule.optional(rule.object()),
  onEvent: rule.optional(rule.fn()),
}

/** Throws `foundation/invalid-option` or `foundation/unknown-name`. */
export function checkJobOptions(options: JobOptions): void {
  if ('resume' in options) {
    checkOptions('optimize', options, { ...placeRules, resume: rule.string() })
    return
  }
  checkOptions('optimize', options, {
    ...placeRules,
    program: rule.string(),
    data: rule.object(),
    study: rule.optional(rule.string()),
    budget: rule.optional(rule.int(1, 100_000)),
    workers: rule.optional(rule.int(1, 1_000)),
    seed: rule.optional(rule.int(0)),
    sampler: rule.optional(rule.oneOf(['tpe', 'random'])),
    teleprompter: rule.optional(rule.oneOf(['joint', 'bootstrap-random-search'])),
    objectives: rule.optional(rule.array()),
    concurrency: rule.optional(rule.int(1, 10_000)),
    rowsPerTrial: rule.optional(rule.int(1)),
  })
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

/** The folder of a study that exists. Throws `mabeam/usage` naming the studies there are. */
export async function existingStudy(home: string, id: string): Promise<StudyFolder> {
  const known = await readdir(join(home, 'studies')).catch((): string[] => [])
  if (!known.includes(id) || !existsSync(join(home, 'studies', id, 'journal.jsonl')))
    throw noSuchStudy(id, known.sort())
  return studyFolder(home, id)
}

/** The meta that `optimize` wrote; throws `mabeam/usage` for a journal that is not of `optimize`. */
export function readMeta(study: string, records: readonly Json[]): StudyMeta {
  const header = records[0] as { readonly meta?: StudyMeta } | undefined
  if (header?.meta?.version !== 1 || header.meta.plan === undefined) throw noSuchStudy(study, [])
  return header.meta
}
