/** Runs the study of a request: opens its journal, and measures by a file or a command until it is over. */

import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { type Clock, fileFailed, type Json, openJournal } from '@mabeam/foundation'
import {
  type Evaluate,
  openStudy,
  type Study,
  type StudyProgress,
  type StudyReport,
  spaceFromJSON,
  studyJournal,
} from '@mabeam/ml'
import { studyExists } from '../errors.ts'
import { commandEvaluation } from './command-evaluation.ts'
import { type RunRequest, type RunSource, writeRunRequest } from './run-request.ts'
import { chosenSampler } from './sampler-choice.ts'
import { loadStudyFile, type StudyFile, type TrialContext } from './study-file.ts'
import { idOf, type StudyPlace } from './study-place.ts'

export interface StudyRunPlace {
  readonly place: StudyPlace
  readonly clock: Clock
  readonly env: { readonly [name: string]: string | undefined }
  readonly signal: AbortSignal
  /** The study is open; how many trials it had. */
  readonly onBegan: (study: Study, trialsBefore: number) => void
  readonly onProgress: (progress: StudyProgress, study: Study) => void
  /** For people. */
  readonly note: (sentence: string) => void
}

/** What was found, while the journal is still held. */
export interface StudyRunResult {
  readonly study: Study
  readonly report: StudyReport
}

/**
 * A new study, or one that goes on: `resumed` says which.
 *
 * Throws: `signal.reason` when aborted; `mabeam/usage` for a new one where there is one; what loading the file, opening the journal
 * and the study, and running it throw.
 */
export async function runStudyAt(
  request: RunRequest,
  { place, ...around }: StudyRunPlace,
  resumed: boolean,
): Promise<StudyRunResult> {
  if (!resumed && existsSync(place.journal)) throw studyExists(place.name)
  // A mistake in the file or in the space leaves nothing behind.
  const work = await workOf(request, around)
  await mkdir(place.folder, { recursive: true }).catch((cause) => {
    throw fileFailed(place.folder, 'creating the folder', cause)
  })
  await using journal = await openJournal({ path: place.journal, ...studyJournal })
  await writeRunRequest(place.request, request)
  const { objectives, space, limits = [], enqueue = [] } = work.file
  const study = await openStudy({
    id: idOf(place),
    space,
    objectives,
    limits,
    enqueue,
    seed: request.seed,
    sampler: chosenSampler(request.sampler),
    journal,
    clock: around.clock,
    meta: { by: 'mabeam study run', source: request.source } as unknown as Json,
  })
  around.onBegan(study, study.finished.length)
  const { budget, parallel, stops, trialTimeoutMs, failuresMax, repeats, deterministic } = request
  const report = await study.run(work.evaluate, {
    budget,
    parallel,
    stops,
    trialTimeoutMs,
    failuresMax,
    repeats,
    deterministic,
    signal: around.signal,
    onProgress: (progress) => around.onProgress(progress, study),
  })
  return { study, report }
}

interface Work {
  readonly file: Omit<StudyFile, 'evaluate'>
  readonly evaluate: Evaluate
}

async function workOf({ source, cwd }: RunRequest, { clock, env, note }: Omit<StudyRunPlace, 'place'>): Promise<Work> {
  if (source.type === 'command') {
    const { command, objectives, limits } = source
    const space = spaceFromJSON(source.space)
    return { file: { space, objectives, limits }, evaluate: commandEvaluation(command, { cwd, env, clock }) }
  }
  const { file, digest } = await loadStudyFile(source.path, cwd)
  if (digest !== source.digest) note(changedSentence(source))
  const evaluate: Evaluate = (trial, signal, report) => {
    const { number, seed } = trial
    const context: TrialContext = { number, seed, signal, report }
    return file.evaluate(trial.config, context)
  }
  return { file, evaluate }
}

function changedSentence({ path }: Extract<RunSource, { type: 'file' }>): string {
  return `${path} has changed since the study began: what was measured before was measured as it was then`
}
