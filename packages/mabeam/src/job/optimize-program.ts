/**
 * The main job: a teleprompter tunes the program by supervised workers, the best are tried on all validation rows, one
 * reading of the test rows, and an artefact. Everything durable is in the study's folder, so that a job that was stopped
 * or killed goes on where it was.
 */

import {
  checkPrices,
  createModels,
  type Optimized,
  type OptimizeProgress,
  optimize,
  type PlanStudyOptions,
  programModels,
  saveArtefact,
  type TunedDefinition,
  type Values,
} from '@mabeam/dspx'
import { type Journal, type Json, openJournal, seededRandom } from '@mabeam/foundation'
import { openStudy, type Study, studyJournal } from '@mabeam/ml'
import { artefactPath, type StudyFolder } from '../home.ts'
import { answerLength, failedCallsMax, modelPatience } from '../model-calls.ts'
import type { StudyResult } from '../result.ts'
import { keptAnswers } from '../workers/answer-keeper.ts'
import { startWorkers, type WorkerPool } from '../workers/worker-pool.ts'
import { furtherText } from './further-work.ts'
import { heldOutTest } from './held-out-test.ts'
import type { JobEvent } from './job-event.ts'
import {
  allowsMore,
  checkJobOptions,
  type JobOptions,
  type JobPlace,
  type ResumeRequest,
  resumedRequest,
  type StudyRequest,
  settledRequest,
} from './job-options.ts'
import { offeredTeleprompter, searchDefaults } from './offered-teleprompters.ts'
import { checkDigests, loadStudyInputs, type StudyInputs } from './study-inputs.ts'
import {
  endedTrials,
  existingStudy,
  newFolder,
  readRequest,
  readResult,
  type StoredRequest,
  writeRequest,
  writeResult,
} from './study-store.ts'
import { checkFound, tuningFound } from './tuning-found.ts'

/** States that are tried on all validation rows in the end. */
const finalists = 8

/**
 * Tunes a program, or goes on with a study that was stopped. A finished study gives its result again.
 *
 * Throws: `signal.reason` when aborted, and what blocks all workers, such as a model that does not answer or a full disk
 * (go on with `resume` after both); `mabeam/…` as `errors.ts` lists them, and what loading the
 * program, reading the data, tuning and saving the artefact throw.
 * @example await optimizeProgram({ program: 'triage.ts', data: { train: 'rows.jsonl' }, home, cwd, env, clock })
 */
export async function optimizeProgram(options: JobOptions): Promise<StudyResult> {
  checkJobOptions(options)
  return 'resume' in options ? await goOn(options) : await begin(options)
}

/** Program and rows are read before anything is written, so that a mistake in them leaves nothing behind. */
async function begin(options: JobPlace & StudyRequest & { readonly study?: string }): Promise<StudyResult> {
  const request = settledRequest(options)
  const { cwd } = options
  const inputs = await loadStudyInputs(request.program, request.data, { cwd, seed: request.seed })
  if (request.objectives.includes('costUsd') || request.limits.usd !== undefined)
    checkPrices(programModels(inputs.program))
  const folder = newFolder(options, inputs.program.name)
  const stored: StoredRequest = { version: 2, request, cwd, digests: inputs.digests }
  return await new Job(options, { folder, stored, inputs, isResumed: false }).run()
}

async function goOn(options: JobPlace & ResumeRequest): Promise<StudyResult> {
  const folder = await existingStudy(options.home, options.resume)
  const before = await readRequest(folder)
  const request = resumedRequest(before.request, options)
  const finished = await readResult(folder)
  if (finished && !allowsMore(request, finished.request, finished.ended)) {
    const further = furtherText(finished.request, finished.ended)
    const how = further === undefined ? 'it had nothing more to try' : `to go on it needs ${further}`
    const text = `study ${folder.id} is finished and this is what it found; ${how}`
    options.onEvent?.({ type: 'note', text })
    return finished
  }
  const inputs = await loadStudyInputs(request.program, request.data, { seed: request.seed, cwd: before.cwd })
  checkDigests(folder.id, before.digests, inputs.digests)
  return await new Job(options, { folder, stored: { ...before, request }, inputs, isResumed: true }).run()
}

/** What a job works with. */
interface Materials {
  readonly folder: StudyFolder
  readonly stored: StoredRequest
  readonly inputs: StudyInputs
  readonly isResumed: boolean
}

class Job {
  readonly #place: JobPlace
  readonly #with: Materials
  readonly #startedMs: number
  /** Of a teleprompter that keeps one, once it has opened it. */
  #study: Study | undefined
  #trialsBefore = 0
  /** The best accuracy of so many trials. */
  #best: { readonly of: number; readonly accuracy: number | undefined } = { of: 0, accuracy: undefined }
  #progress: OptimizeProgress | undefined

  constructor(place: JobPlace, materials: Materials) {
    this.#place = place
    this.#with = materials
    this.#startedMs = place.clock.monotonicMs()
  }

  async run(): Promise<StudyResult> {
    const { folder, stored, inputs, isResumed } = this.#with
    const { request } = stored
    const { keepsStudy } = offeredTeleprompter(request.teleprompter)
    await using journal = keepsStudy ? await openJournal({ path: folder.journal, ...studyJournal }) : undefined
    const { train, validation, test } = inputs.splits
    const rows = { train: train.length, validation: validation.length, test: test.length }
    await writeRequest(folder, { ...stored, rows })
    this.#tell({
      type: 'note',
      text: `${train.length} training, ${validation.length} validation and ${test.length} test rows (${inputs.splitNote})`,
    })
    this.#trialsBefore = endedTrials(journal?.records ?? [])
    this.#tell({ type: 'began', study: folder.id, isResumed, trialsBefore: this.#trialsBefore })
    await using pool = await startWorkers({
      setup: { inputs, concurrency: request.concurrency, env: this.#place.env, calls: request.calls ?? {} },
      workers: request.workers,
      answersPath: folder.answers,
      clock: this.#place.clock,
      random: seededRandom(request.seed).fork('workers'),
    })
    const signal = AbortSignal.any([pool.blocked, ...(this.#place.signal ? [this.#place.signal] : [])])
    const optimized = await this.#tune({ pool, journal, signal })
    return await this.#conclude(optimized, { pool, signal })
  }

  async #tune(by: {
    readonly pool: WorkerPool
    readonly journal: Journal | undefined
    readonly signal: AbortSignal
  }): Promise<Tuned> {
    const { pool, journal, signal } = by
    const { folder, stored, inputs } = this.#with
    const { request } = stored
    const { train, validation: val } = inputs.splits
    const { clock, env } = this.#place
    const { calls = {} } = request
    const random = seededRandom(request.seed).fork('own calls')
    const models = createModels({ cache: keptAnswers(pool.keeper), clock, env, ...modelPatience(calls), random })
    const teleprompter = offeredTeleprompter(request.teleprompter).make({
      request,
      study: (options) => this.#openStudy(options, journal),
    })
    const optimized = await optimize(inputs.program, {
      train,
      val,
      teleprompter,
      objectives: request.objectives,
      budget: request.limits,
      resume: folder.tuning,
      seed: request.seed,
      finalists,
      models,
      ...answerLength(calls),
      evaluator: pool,
      errorsMax: failedCallsMax(val.length),
      signal,
      clock,
      onProgress: (progress) => this.#tellTuning(progress),
    })
    // the last trial is told to the study after the last row
    if (this.#progress) this.#tellTuning(this.#progress)
    await optimized.save(folder.tuningReport)
    return optimized
  }

  async #openStudy(options: PlanStudyOptions, journal: Journal | undefined): Promise<Study> {
    const { folder, stored } = this.#with
    const meta = { by: 'mabeam optimize', request: stored.request } as unknown as Json
    const { clock } = this.#place
    this.#study = await openStudy({ ...options, id: folder.id, clock, meta, ...(journal && { journal }) })
    return this.#study
  }

  #tellTuning(progress: OptimizeProgress): void {
    const { asking: _, ...rows } = progress
    this.#progress = rows
    const trials = this.#trials()
    this.#tell({ type: 'tuning', progress, ...(trials && { trials }) })
  }

  #trials(): Extract<JobEvent, { type: 'tuning' }>['trials'] {
    const { request } = this.#with.stored
    if (this.#study === undefined) return undefined
    const total = request.budget ?? searchDefaults.budget
    const done = this.#study.finished.length
    if (this.#best.of !== done) this.#best = { of: done, accuracy: this.#study.observedBest()?.values.accuracy }
    const { accuracy: best } = this.#best
    const seconds = (this.#place.clock.monotonicMs() - this.#startedMs) / 1_000
    const perSec = (done - this.#trialsBefore) / seconds
    return {
      done,
      total,
      ...(best !== undefined && { best }),
      ...(perSec > 0 && { perSec, secondsLeft: (total - done) / perSec }),
    }
  }

  async #conclude(tuned: Tuned, by: { readonly pool: WorkerPool; readonly signal: AbortSignal }): Promise<StudyResult> {
    const { folder, stored, inputs } = this.#with
    const { request } = stored
    const { report, best } = tuned
    checkFound(report, request.limits)
    const test = await heldOutTest({
      inputs,
      tuned: best.state,
      seed: request.seed,
      predictionsPath: folder.predictions,
      onEvent: (event) => this.#tell(event),
      ...by,
    })
    const { train, validation, test: tested } = inputs.splits
    const artefact = artefactPath(this.#place.home, folder.id)
    const result: StudyResult = {
      version: 2,
      study: folder.id,
      program: request.program,
      seed: request.seed,
      request,
      trials: this.#study?.finished.length ?? report.steps.length - 1,
      failedTrials: this.#study?.finished.filter(({ state }) => state === 'failed').length ?? 0,
      seconds: (this.#place.clock.monotonicMs() - this.#startedMs) / 1_000,
      rows: { train: train.length, validation: validation.length, test: tested.length },
      ...test,
      ...tuningFound(report, { request, initial: inputs.program.initialState(), tuned: best.state }),
      explanation: tuned.explain(),
      artefact,
      predictions: folder.predictions,
      report: folder.tuningReport,
    }
    await saveArtefact(artefact, {
      program: inputs.program,
      state: best.state,
      module: inputs.programPath,
      lineage: best.origins.lineage,
      study: { id: folder.id, seed: request.seed },
      measured: { baseline: test.baseline, best: test.best, paired: test.paired } as unknown as Json,
      clock: this.#place.clock,
    })
    await writeResult(folder, result)
    return result
  }

  #tell(event: JobEvent): void {
    this.#place.onEvent?.(event)
  }
}

type Tuned = Optimized<TunedDefinition<Values, Values>>
