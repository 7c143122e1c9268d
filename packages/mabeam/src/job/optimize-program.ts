/**
 * The main job: candidates from the training rows, a study over the program's variables by supervised workers, a race of
 * the best, one reading of the test rows, and an artefact. Everything durable is in the study's folder, so that a job
 * that was stopped or killed goes on where it was.
 */

import {
  applyConfig,
  bootstrapRandomSearch,
  checkPrices,
  createModels,
  jointSearch,
  type Planner,
  type ProgramDefinition,
  planSpace,
  saveArtefact,
  type TuningPlan,
} from '@mabeam/dspx'
import { type Journal, type Json, openJournal, seededRandom } from '@mabeam/foundation'
import { type FinishedTrial, openStudy, runStudy, type Study, type StudyProgress, studyJournal } from '@mabeam/ml'
import { artefactPath, type StudyFolder } from '../home.ts'
import { modelPatience } from '../model-calls.ts'
import type { StudyResult } from '../result.ts'
import { chosenSampler } from '../study/sampler-choice.ts'
import { keptAnswers, settleAnswers } from '../workers/answer-keeper.ts'
import { startWorkers, type WorkerPool } from '../workers/worker-pool.ts'
import { chooseBest } from './best-choice.ts'
import { stateChanges } from './changes.ts'
import { heldOutTest } from './held-out-test.ts'
import type { JobEvent } from './job-event.ts'
import {
  checkJobOptions,
  type JobOptions,
  type JobPlace,
  type ResumeRequest,
  resumedRequest,
  type StudyRequest,
  studyRequest,
} from './job-options.ts'
import { frontPoints, type ObjectiveName, objectivesNamed, trialPoint } from './objectives.ts'
import { checkDigests, loadStudyInputs, type StudyInputs } from './study-inputs.ts'
import {
  endedTrials,
  existingStudy,
  journaledPlan,
  newFolder,
  readRequest,
  readResult,
  type StoredRequest,
  type StudyMeta,
  writeRequest,
  writeResult,
} from './study-store.ts'
import { trialExecutor } from './trial-executor.ts'

/**
 * Tunes a program, or goes on with a study that was stopped. A finished study gives its result again.
 *
 * Throws: `signal.reason` when aborted, and what blocks all workers, such as a model that does not answer or a full disk
 * (go on with `resume` after both); `mabeam/…` as `errors.ts` lists them, and what loading the
 * program, reading the data, running the study and saving the artefact throw.
 * @example await optimizeProgram({ program: 'triage.ts', data: { train: 'rows.jsonl' }, home, cwd, env, clock })
 */
export async function optimizeProgram(options: JobOptions): Promise<StudyResult> {
  checkJobOptions(options)
  return 'resume' in options ? await goOn(options) : await begin(options)
}

/** Program and rows are read before anything is written, so that a mistake in them leaves nothing behind. */
async function begin(options: JobPlace & StudyRequest & { readonly study?: string }): Promise<StudyResult> {
  const request = studyRequest(options)
  const { cwd } = options
  const inputs = await loadStudyInputs(request.program, request.data, { cwd, ...request })
  checkObjectivePrices(inputs.program, request.objectives)
  const folder = newFolder(options, inputs.program.name)
  await using journal = await openJournal({ path: folder.journal, ...studyJournal })
  const stored: StoredRequest = { version: 1, request, cwd, digests: inputs.digests }
  await writeRequest(folder, stored)
  return await new Job(options, { folder, journal, stored, inputs }).run()
}

async function goOn(options: JobPlace & ResumeRequest): Promise<StudyResult> {
  const folder = await existingStudy(options.home, options.resume)
  const before = await readRequest(folder)
  const request = resumedRequest(before.request, options)
  const finished = await readResult(folder)
  if (finished && finished.trials >= request.budget) {
    options.onEvent?.({
      type: 'note',
      text: `study ${folder.id} is finished; this is what it found (a higher budget goes on with it)`,
    })
    return finished
  }
  await using journal = await openJournal({ path: folder.journal, ...studyJournal })
  const inputs = await loadStudyInputs(request.program, request.data, { ...request, cwd: before.cwd })
  checkDigests(folder.id, before.digests, inputs.digests)
  return await new Job(options, { folder, journal, stored: { ...before, request }, inputs }).run()
}

/** What a job works with. */
interface Materials {
  readonly folder: StudyFolder
  readonly journal: Journal
  readonly stored: StoredRequest
  readonly inputs: StudyInputs
}

class Job {
  readonly #place: JobPlace
  readonly #with: Materials
  readonly #startedMs: number

  constructor(place: JobPlace, materials: Materials) {
    this.#place = place
    this.#with = materials
    this.#startedMs = place.clock.monotonicMs()
  }

  async run(): Promise<StudyResult> {
    const { folder, journal, stored, inputs } = this.#with
    const { request, cwd } = stored
    const { splits } = inputs
    this.#tell({
      type: 'note',
      text: `${splits.train.length} training, ${splits.validation.length} validation and ${splits.test.length} test rows (${inputs.splitNote}); trials are judged by ${splits.search.length} validation rows`,
    })
    const trialsBefore = endedTrials(journal.records)
    this.#tell({ type: 'began', study: folder.id, trialsBefore })
    await using pool = await startWorkers({
      setup: { ...request, cwd, env: this.#place.env, calls: this.#place.calls ?? {} },
      workers: request.workers,
      answersPath: folder.answers,
      clock: this.#place.clock,
      random: seededRandom(request.seed).fork('workers'),
    })
    const plan = journaledPlan(journal.records) ?? (await this.#plan(pool))
    const study = await this.#openStudy(plan)
    await runStudy(study, trialExecutor(inputs, plan, pool), {
      budget: request.budget,
      deterministic: true,
      onProgress: (progress) => this.#trialDone(progress),
      signal: AbortSignal.any([pool.blocked, ...(this.#place.signal ? [this.#place.signal] : [])]),
    })
    return await this.#conclude(study, plan, pool)
  }

  /** Candidates from the training rows alone; what the teacher answers is kept like every other answer. */
  async #plan(pool: WorkerPool): Promise<TuningPlan> {
    const { inputs, stored } = this.#with
    const { request } = stored
    const random = seededRandom(request.seed).fork('candidates')
    const models = createModels({
      cache: keptAnswers(pool.keeper),
      clock: this.#place.clock,
      env: this.#place.env,
      ...modelPatience(this.#place.calls ?? {}),
      random,
    })
    const plan = await teleprompters[request.teleprompter]().prepare({
      program: inputs.program,
      train: inputs.splits.train,
      random,
      models,
      onProgress: (progress) => this.#tell({ type: 'phase', ...progress }),
      ...this.#signal(),
    })
    await settleAnswers(pool.keeper)
    return plan
  }

  async #openStudy(plan: TuningPlan): Promise<Study> {
    const { folder, stored, inputs, journal } = this.#with
    const { request } = stored
    const meta: StudyMeta = { ...stored, plan }
    const space = planSpace(inputs.program, plan)
    return await openStudy({
      id: folder.id,
      space,
      objectives: objectivesNamed(request.objectives),
      seed: request.seed,
      sampler: chosenSampler(request.sampler),
      journal,
      clock: this.#place.clock,
      meta: meta as unknown as Json,
      enqueue: plan.starts,
    })
  }

  #trialDone({ trials, budget, observedBest: best, ratePerSec, secondsLeft }: StudyProgress): void {
    const accuracy = best?.values.accuracy ?? 0
    this.#tell({
      type: 'trials',
      done: trials,
      total: budget,
      perSec: ratePerSec,
      ...(best && { best: { accuracy, trial: best.number } }),
      ...(secondsLeft !== undefined && { secondsLeft }),
    })
  }

  async #conclude(study: Study, plan: TuningPlan, pool: WorkerPool): Promise<StudyResult> {
    const { folder, stored, inputs } = this.#with
    const { request } = stored
    const onEvent = (event: JobEvent) => this.#tell(event)
    const { config, race } = await chooseBest({
      study,
      plan,
      inputs,
      pool,
      seed: request.seed,
      onEvent,
      ...this.#signal(),
    })
    const tuned = applyConfig(inputs.program, plan, config)
    const test = await heldOutTest({
      inputs,
      tuned,
      seed: request.seed,
      pool,
      predictionsPath: folder.predictions,
      onEvent,
      ...this.#signal(),
    })
    const { splits } = inputs
    const artefact = artefactPath(this.#place.home, folder.id)
    const result: StudyResult = {
      version: 1,
      study: folder.id,
      program: request.program,
      seed: request.seed,
      trials: study.finished.length,
      failedTrials: study.finished.filter((trial) => trial.state === 'failed').length,
      seconds: (this.#place.clock.monotonicMs() - this.#startedMs) / 1000,
      rows: { train: splits.train.length, validation: splits.validation.length, test: splits.test.length },
      ...test,
      race,
      front: frontPoints(study.finished),
      chosen: trialPoint(study.finished.find(({ number }) => number === race.trial) as FinishedTrial),
      config,
      changes: stateChanges(inputs.program.initialState(), tuned),
      bestSoFar: bestSoFar(study),
      artefact,
      predictions: folder.predictions,
    }
    await saveArtefact(artefact, {
      program: inputs.program,
      state: tuned,
      module: inputs.programPath,
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

  #signal(): { readonly signal?: AbortSignal } {
    return this.#place.signal ? { signal: this.#place.signal } : {}
  }
}

const teleprompters: { readonly [name in Required<StudyRequest>['teleprompter']]: () => Planner } = {
  joint: () => jointSearch(),
  'bootstrap-random-search': () => bootstrapRandomSearch(),
}

/** A search for low cost needs the price of every model it may choose. Throws `dspx/price-unknown`. */
function checkObjectivePrices(program: ProgramDefinition, names: readonly ObjectiveName[]): void {
  if (!names.includes('costUsd')) return
  const { model } = program.variables
  const fixed = program.initialState().settings.model
  checkPrices(model?.type === 'choice' ? model.values.map(String) : [String(fixed)])
}

/** Best accuracy after each finished trial, earlier sessions included. */
function bestSoFar(study: Study): number[] {
  let best = 0
  return study.finished.map((trial) => {
    best = Math.max(best, trial.values.accuracy ?? 0)
    return best
  })
}
