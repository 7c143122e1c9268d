/** What `mabeam study run` was asked for, kept beside the journal before anything is asked: enough to go on from the id alone. */

import { readFile } from 'node:fs/promises'
import { messageOf, show, writeWholeFile } from '@mabeam/foundation'
import type { ObjectivesGiven, OutcomeLimit, SpaceJson, StopOptions } from '@mabeam/ml'
import { studyUnreadable } from '../errors.ts'
import type { SamplerChoice } from './sampler-choice.ts'

/** Who measures: the module of a file, or a command. */
export type RunSource =
  | { readonly type: 'file'; readonly path: string; readonly digest: string }
  | {
      readonly type: 'command'
      readonly command: readonly string[]
      readonly space: SpaceJson
      readonly objectives: ObjectivesGiven
      readonly limits: readonly OutcomeLimit[]
    }

/** What may differ when a study goes on. */
export interface RunSettings {
  /** Finished trials that the study shall have in the end. */
  readonly budget: number
  /** Trials at once. */
  readonly parallel: number
  readonly stops: StopOptions
  readonly trialTimeoutMs: number
  readonly failuresMax: number
}

export interface RunRequest extends RunSettings {
  readonly version: 1
  /** Paths and the command start from here, absolute. */
  readonly cwd: string
  readonly source: RunSource
  readonly sampler: SamplerChoice
  readonly seed: number
  /** Measurements of each configuration. */
  readonly repeats: number
  /** Whether asks depend on the order of asks alone. */
  readonly deterministic: boolean
}

export const runRequestDefaults = {
  budget: 100,
  parallel: 1,
  stops: {},
  trialTimeoutMs: 3_600_000,
  failuresMax: 10,
  sampler: 'adaptive',
  seed: 0,
  repeats: 1,
  deterministic: false,
} as const satisfies Omit<RunRequest, 'version' | 'cwd' | 'source'>

/** Throws `mabeam/study-unreadable`. */
export async function readRunRequest(path: string): Promise<RunRequest> {
  try {
    const request = JSON.parse(await readFile(path, 'utf8')) as RunRequest
    if (request?.version === 1) return request
    throw new Error(`expected version 1, got ${show(request?.version)}`)
  } catch (error) {
    throw studyUnreadable(path, messageOf(error))
  }
}

/** Throws: as `writeWholeFile`. */
export async function writeRunRequest(path: string, request: RunRequest): Promise<void> {
  await writeWholeFile(path, [`${JSON.stringify(request)}\n`])
}
