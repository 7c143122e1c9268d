/** The file of a study: a module whose default export says what is searched, what is made better, and how one trial is measured. */

import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkOptions, messageOf, rule, show } from '@mabeam/foundation'
import type {
  AnyVariables,
  ConfigOf,
  ObjectiveNames,
  ObjectivesGiven,
  OutcomeLimit,
  ReportFunction,
  Space,
  Told,
  Variables,
} from '@mabeam/ml'
import { notAStudyFile, studyFileBroken, studyFileNotFound } from '../errors.ts'

/** What is known of a trial beside its configuration. */
export interface TrialContext {
  readonly number: number
  /** For whatever is random in measuring it. A repeat of the trial gets the same one. */
  readonly seed: number
  /** Aborts when the study is stopped or the trial takes too long. */
  readonly signal: AbortSignal
  readonly report: ReportFunction
}

/** `N`: the names of the objectives. */
export interface StudyFile<V extends AnyVariables = Variables, O extends ObjectivesGiven = ObjectivesGiven> {
  readonly space: Space<V>
  /** `{ accuracy: 'max', costUsd: 'min' }`, or a list. The first decides what is best. */
  readonly objectives: O
  /** Measures one configuration; when it throws the trial has failed. */
  readonly evaluate: (
    config: ConfigOf<V>,
    context: TrialContext,
  ) => Told<ObjectiveNames<O>> | Promise<Told<ObjectiveNames<O>>>
  /** Hard constraints on measured values. @default [] */
  readonly limits?: readonly OutcomeLimit[]
  /** Configurations that are tried first, such as a baseline. @default [] */
  readonly enqueue?: readonly ConfigOf<V>[]
}

/**
 * The value itself, typed: configurations by the space, values by the objectives. For `mabeam study run file.ts`.
 *
 * @example export default defineStudyFile({ space, objectives: { loss: 'min' }, evaluate: ({ x }) => (x - 3) ** 2 })
 */
export function defineStudyFile<V extends AnyVariables, const O extends ObjectivesGiven>(
  file: StudyFile<V, O>,
): StudyFile<V, O> {
  return file
}

/** A file of a study as it was read. */
export interface LoadedStudyFile {
  readonly file: StudyFile
  /** Of what stands in it, not of what it imports. */
  readonly digest: string
}

/**
 * The default export of the file at `path`, from `cwd`. Runs the file's code.
 *
 * Throws: `mabeam/study-not-found`, `mabeam/study-broken`, `mabeam/not-a-study`; `foundation/unknown-name` for a key that isn't one.
 */
export async function loadStudyFile(path: string, cwd: string): Promise<LoadedStudyFile> {
  const absolute = resolve(cwd, path)
  const stats = statSync(absolute, { throwIfNoEntry: false })
  if (!stats?.isFile()) throw studyFileNotFound(path, stats ? 'a folder' : 'none')
  let module: { readonly default?: unknown }
  try {
    module = await import(pathToFileURL(absolute).href)
  } catch (error) {
    throw studyFileBroken(path, error, messageOf(error).split('\n')[0] ?? '')
  }
  const file = module.default as StudyFile
  if (typeof file !== 'object' || file === null) throw notAStudyFile(path, show(module.default))
  checkOptions(path, file, {
    space: rule.having('sample', 'validate', 'toJSON'),
    objectives: rule.object(),
    evaluate: rule.fn(),
    limits: rule.optional(rule.array()),
    enqueue: rule.optional(rule.array()),
  })
  return { file, digest: createHash('sha256').update(readFileSync(absolute)).digest('hex') }
}
