/**
 * The loop that runs a study: it asks, hands trials to an executor, tells, and owns budget, parallel slots, retries, time
 * limits and cancellation. A trial that was cut short stays pending in the journal and is run again after a resume.
 */

import { checkOptions, definedOptions, retry, rule, seededRandom } from '@mabeam/foundation'
import { tooManyFailures, trialPruned, trialTimeout } from '../errors.ts'
import type { Executor, ReportFunction } from '../executor.ts'
import type { AnyVariables, ConfigOf, Variables } from '../space/space.ts'
import type { FinishedTrial, Trial } from '../trial.ts'
import { type StudyProgress, withRate } from './progress.ts'
import { checkStops, type StopOptions, type StopReason, stopReason } from './stops.ts'
import type { Study } from './study.ts'
import { checkOutcome, type TrialOutcome } from './trial-outcome.ts'
import { Turns } from './turns.ts'

export interface RunOptions {
  /** Finished trials that the study shall have in the end, failed ones and those of earlier runs included. */
  readonly budget: number
  /** Stops the run: no new trials, running ones are told to end, `runStudy` rejects with its reason. */
  readonly signal?: AbortSignal
  /** Called after each trial that became durable. Must not throw; if it does, the run stops with that error. */
  readonly onProgress?: (progress: StudyProgress) => void
  /** Failed trials that a run bears; one more stops it with `ml/too-many-failures`. @default 10 */
  readonly failuresMax?: number
  /** Times that a trial is run again after a retryable error, with growing delays. @default 2 */
  readonly retriesMax?: number
  /** A trial that takes longer has failed. @default 3_600_000 */
  readonly trialTimeoutMs?: number
  /** How long a trial may take to end after it was told to. Then it is left to itself. @default 10_000 */
  readonly graceMs?: number
  /** Goes on when every configuration of a finite space was tried, with repeats. @default false */
  readonly repeats?: boolean
  /**
   * Tells in the order of asks, so that the asks do not depend on which trial ends first. A slow trial holds up the
   * others, and results that wait for it are not yet durable. @default false
   */
  readonly deterministic?: boolean
  /** What ends the run before its budget. @default {} */
  readonly stops?: StopOptions
}

export const runDefaults = {
  failuresMax: 10,
  retriesMax: 2,
  trialTimeoutMs: 3_600_000,
  graceMs: 10_000,
  repeats: false,
  deterministic: false,
  stops: {},
} satisfies Required<Omit<RunOptions, 'budget' | 'signal' | 'onProgress'>>

export interface StudyReport<V extends AnyVariables = Variables> {
  readonly id: string
  /** Why it ended: the budget was used, a finite space has no configuration left, or one of the `stops`. */
  readonly ended: 'budget' | 'exhausted' | StopReason
  /** Of the whole study. */
  readonly trials: number
  readonly complete: number
  readonly failed: number
  readonly pruned: number
  readonly trialsThisRun: number
  readonly seconds: number
  readonly best: FinishedTrial<ConfigOf<V>> | undefined
  readonly front: readonly FinishedTrial<ConfigOf<V>>[]
}

/** Tells that may be on their way to the journal before the run waits for them. */
const unwrittenMax = 64

/**
 * Runs `study` until it has `budget` finished trials.
 *
 * Throws: `signal.reason` when aborted (pending trials resume later); `ml/too-many-failures`; `ml/study-failed` when the
 * journal can't be written; what the sampler throws. In each case what was told before stays told.
 * @example await runStudy(study, inlineExecutor(({ config }) => ({ values: { loss: config.x ** 2 } })), { budget: 50 })
 */
export async function runStudy<V extends AnyVariables>(
  study: Study<V>,
  executor: Executor<ConfigOf<V>>,
  options: RunOptions,
): Promise<StudyReport<V>> {
  checkOptions('runStudy', options, runRules)
  checkOptions('executor', { slots: executor.slots }, { slots: rule.int(1, 10_000) })
  if (options.stops) checkStops('runStudy', options.stops)
  options.signal?.throwIfAborted()
  const run = new StudyRun(study as unknown as Study, executor as unknown as Executor, {
    ...runDefaults,
    ...definedOptions(options),
  })
  return (await run.toEnd()) as unknown as StudyReport<V>
}

type Settings = RunOptions & Required<Omit<RunOptions, 'budget' | 'signal' | 'onProgress'>>

const runRules = {
  budget: rule.int(0, 10_000_000),
  signal: rule.optional(rule.object()),
  onProgress: rule.optional(rule.fn()),
  failuresMax: rule.optional(rule.int(0)),
  retriesMax: rule.optional(rule.int(0, 100)),
  trialTimeoutMs: rule.optional(rule.int(1, 2_147_483_647)),
  graceMs: rule.optional(rule.int(0, 2_147_483_647)),
  repeats: rule.optional(rule.boolean()),
  deterministic: rule.optional(rule.boolean()),
  stops: rule.optional(rule.object()),
}

type Ending =
  | { readonly type: 'complete'; readonly outcome: TrialOutcome }
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'pruned'; readonly because: string }
  | { readonly type: 'cut-short' }

class StudyRun {
  readonly #study: Study
  readonly #executor: Executor
  readonly #options: Settings
  readonly #startedMs: number
  readonly #running = new Map<number, AbortController>()
  readonly #unwritten = new Set<Promise<void>>()
  readonly #turns: Turns
  #failed = 0
  #ended = 0
  /** In order, what was asked after a trial that was cut short is not told either: a resume then tells both as they were asked. */
  #gap = false
  #ending: StopReason | undefined
  #stopped: { readonly reason: unknown } | undefined

  constructor(study: Study, executor: Executor, options: Settings) {
    this.#study = study
    this.#executor = executor
    this.#options = options
    this.#startedMs = study.clock.monotonicMs()
    this.#turns = new Turns(options.deterministic)
  }

  async toEnd(): Promise<StudyReport> {
    const { signal } = this.#options
    const onAbort = () => this.#stop(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      await Promise.all(Array.from({ length: this.#executor.slots }, () => this.#work()))
      await Promise.all(this.#unwritten)
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
    if (this.#stopped) throw this.#stopped.reason
    return this.#report()
  }

  /** One slot: trials one after the other. Asking the next belongs to the turn of the last, see `Turns`. */
  async #work(): Promise<void> {
    let trial = this.#next()
    while (trial) {
      const turn = this.#turns.take()
      const ending = await this.#run(trial)
      await turn.ready
      this.#end(trial, ending)
      trial = this.#next()
      turn.release()
      while (this.#unwritten.size >= unwrittenMax) await Promise.race(this.#unwritten)
    }
  }

  #next(): Trial | undefined {
    const study = this.#study
    if (this.#stopped || study.finished.length + this.#running.size >= this.#options.budget) return undefined
    this.#ending ??= stopReason(study, this.#options.stops, this.#elapsedMs())
    if (this.#ending) return undefined
    const nothingLeft = !this.#options.repeats && study.exhausted
    if (nothingLeft && this.#running.size >= study.pending.length) return undefined
    try {
      const trial = study.ask()
      this.#running.set(trial.number, new AbortController())
      return trial
    } catch (thrown) {
      this.#stop(thrown)
      return undefined
    }
  }

  /** Never rejects. */
  async #run(trial: Trial): Promise<Ending> {
    const study = this.#study
    const { clock } = study
    const { trialTimeoutMs, graceMs } = this.#options
    const controller = this.#running.get(trial.number) as AbortController
    const { signal } = controller
    const cancelTimeout = clock.setTimer(trialTimeoutMs, () =>
      controller.abort(trialTimeout(trial.number, trialTimeoutMs)),
    )
    const left = Promise.withResolvers<Ending>()
    let cancelGrace = () => {}
    const onAbort = () => {
      cancelGrace = clock.setTimer(graceMs, () => left.resolve({ type: 'failed', error: signal.reason }))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    let pruned: Ending | undefined
    const report: ReportFunction = (step, value) => {
      signal.throwIfAborted()
      const decision = study.report(trial.number, step, value)
      if (!decision.prune) return decision
      pruned = { type: 'pruned', because: decision.because }
      controller.abort(trialPruned(trial.number, decision.because))
      return decision
    }
    const measured = this.#measure(trial, signal, report).then((outcome): Ending => {
      checkOutcome(trial.number, study, outcome)
      return { type: 'complete', outcome }
    })
    const ending = await Promise.race([measured, left.promise]).catch((error): Ending => ({ type: 'failed', error }))
    cancelTimeout()
    cancelGrace()
    signal.removeEventListener('abort', onAbort)
    if (pruned) return pruned
    if (ending.type !== 'failed') return ending
    if (this.#stopped) return { type: 'cut-short' }
    return { type: 'failed', error: signal.aborted ? signal.reason : ending.error }
  }

  async #measure(trial: Trial, signal: AbortSignal, report: ReportFunction): Promise<TrialOutcome> {
    const { id, clock, telemetry } = this.#study
    const random = seededRandom(trial.seed).fork('retry')
    const onRetry = ({ attempt }: { readonly attempt: number }, delayMs: number) => {
      if (!telemetry.enabled) return
      const metadata = { study: id, trial: trial.number }
      telemetry.emit({ name: 'ml.trial-retried', measurements: { attempt, delayMs }, metadata })
    }
    const policy = { attemptsMax: this.#options.retriesMax + 1 }
    return await retry(() => this.#executor.run(trial, signal, report), { clock, random, signal, policy, onRetry })
  }

  #end({ number }: Trial, ending: Ending): void {
    this.#running.delete(number)
    if (ending.type === 'cut-short' || this.#gap) {
      this.#gap = this.#options.deterministic
      return
    }
    const study = this.#study
    const told = this.#told(number, ending)
    this.#ended++
    const written: Promise<void> = told
      .then(() => this.#options.onProgress?.(this.#progress()))
      .catch((thrown) => this.#stop(thrown))
      .finally(() => this.#unwritten.delete(written))
    this.#unwritten.add(written)
    if (ending.type !== 'failed') return
    this.#failed++
    const { failuresMax } = this.#options
    if (this.#failed > failuresMax)
      this.#stop(tooManyFailures(study.id, { failed: this.#failed, failuresMax }, ending.error))
  }

  #told(number: number, ending: Exclude<Ending, { type: 'cut-short' }>): Promise<void> {
    const study = this.#study
    if (ending.type === 'complete') return study.tell(number, ending.outcome)
    return ending.type === 'pruned' ? study.prune(number, ending.because) : study.fail(number, ending.error)
  }

  /** The first reason counts. */
  #stop(reason: unknown): void {
    if (this.#stopped) return
    this.#stopped = { reason }
    for (const controller of this.#running.values()) controller.abort(reason)
  }

  #elapsedMs(): number {
    return this.#study.clock.monotonicMs() - this.#startedMs
  }

  #progress(): StudyProgress {
    const study = this.#study
    const counts = { trials: study.finished.length, budget: this.#options.budget, trialsThisRun: this.#ended }
    return withRate(
      { ...counts, failed: this.#failed, running: this.#running.size, best: study.best() },
      this.#elapsedMs() / 1000,
    )
  }

  #report(): StudyReport {
    const { id, finished } = this.#study
    const count = (state: FinishedTrial['state']) => finished.filter((one) => one.state === state).length
    return {
      id,
      ended: finished.length >= this.#options.budget ? 'budget' : (this.#ending ?? 'exhausted'),
      trials: finished.length,
      complete: count('complete'),
      failed: count('failed'),
      pruned: count('pruned'),
      trialsThisRun: this.#ended,
      seconds: this.#elapsedMs() / 1000,
      best: this.#study.best(),
      front: this.#study.front(),
    }
  }
}
