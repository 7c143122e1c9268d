/**
 * Runs a study by an executor: hands trials of a `TrialLoop` to its slots, runs them again after errors that may pass, and ends with a
 * report. A trial that was cut short stays pending in the journal and is run again after a resume.
 */

import { checkOptions, definedOptions, retry, rule, seededRandom } from '@mabeam/foundation'
import type { Executor } from '../executor.ts'
import type { AnyVariables, ConfigOf, Variables } from '../space/space.ts'
import type { FinishedTrial } from '../trial.ts'
import { type LoopOptions, loopDefaults, loopRules, loopSettings } from './loop-options.ts'
import type { Measurement } from './measurement.ts'
import type { Study } from './study.ts'
import { TrialLoop } from './trial-loop.ts'
import type { Told } from './trial-outcome.ts'
import type { EndReason } from './trial-supply.ts'

export interface RunOptions extends LoopOptions {
  /** Times that a trial is run again after a retryable error, with growing delays. @default 2 */
  readonly retriesMax?: number
}

export const runDefaults = {
  ...loopDefaults,
  retriesMax: 2,
} satisfies Required<Omit<RunOptions, 'budget' | 'signal' | 'onProgress'>>

export const runRules = { ...loopRules, retriesMax: rule.optional(rule.int(0, 100)) }

export interface StudyReport<V extends AnyVariables = Variables> {
  readonly id: string
  /** Why it ended: the budget was used, a finite space has no configuration left, or one of the `stops`. */
  readonly ended: EndReason
  /** Of the whole study. */
  readonly trials: number
  readonly complete: number
  readonly failed: number
  readonly pruned: number
  readonly trialsThisRun: number
  readonly seconds: number
  /** By what was observed, see `Study.observedBest`; `Study.best` is what to take. */
  readonly observedBest: FinishedTrial<ConfigOf<V>> | undefined
  readonly observedFront: readonly FinishedTrial<ConfigOf<V>>[]
}

/**
 * Runs `study` until it has `budget` finished trials.
 *
 * Throws: `foundation/invalid-option`; `signal.reason` when aborted (pending trials are first in the next run); `ml/too-many-failures`; `ml/study-failed` when the
 * journal can't be written; what the sampler throws. In each case what was told before stays told.
 * @example await runStudy(study, inlineExecutor(({ config }) => ({ values: { loss: config.x ** 2 } })), { budget: 50 })
 */
export async function runStudy<V extends AnyVariables, N extends string>(
  study: Study<V, N>,
  executor: Executor<ConfigOf<V>>,
  options: RunOptions,
): Promise<StudyReport<V>> {
  checkOptions('runStudy', options, runRules)
  checkOptions('runStudy', { study, executor }, { study: rule.having('ask', 'tell'), executor: rule.having('run') })
  checkOptions('runStudy: executor', { slots: executor.slots }, { slots: rule.int(1, 10_000) })
  options.signal?.throwIfAborted()
  const settings = loopSettings('runStudy', options, executor.slots)
  const { retriesMax } = { ...runDefaults, ...definedOptions(options) }
  const loop = new TrialLoop(study as unknown as Study, settings)
  const run = new StudyRun(loop, executor as unknown as Executor, { retriesMax, graceMs: settings.graceMs })
  return (await run.toEnd()) as unknown as StudyReport<V>
}

class StudyRun {
  readonly #loop: TrialLoop
  readonly #executor: Executor
  readonly #options: { readonly retriesMax: number; readonly graceMs: number }
  readonly #running = new Set<Promise<void>>()

  constructor(loop: TrialLoop, executor: Executor, options: { readonly retriesMax: number; readonly graceMs: number }) {
    this.#loop = loop
    this.#executor = executor
    this.#options = options
  }

  async toEnd(): Promise<StudyReport> {
    const loop = this.#loop
    loop.start()
    try {
      for (let next = loop.take(); next !== 'over'; next = loop.take()) {
        if (next === 'wait') await loop.changed
        else this.#start(next)
      }
      await Promise.all(this.#running)
      await loop.written()
    } finally {
      loop.close()
    }
    if (loop.stopped) throw loop.stopped.reason
    return this.#report()
  }

  #start(measurement: Measurement): void {
    const running: Promise<void> = this.#run(measurement).finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Never rejects. What fails after a stop was cut short: it is not told. */
  async #run(measurement: Measurement): Promise<void> {
    const { signal } = measurement
    const left = Promise.withResolvers<() => void>()
    let cancelGrace = () => {}
    const onAbort = () => {
      cancelGrace = this.#loop.study.clock.setTimer(this.#options.graceMs, () => left.resolve(() => {}))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    const measured = this.#measure(measurement).then(
      (outcome) => () => void measurement.tell(outcome),
      (error) => () => {
        if (this.#loop.stopped && !measurement.isPruned) return
        void measurement.fail(signal.aborted ? signal.reason : error)
      },
    )
    const end = await Promise.race([measured, left.promise])
    cancelGrace()
    signal.removeEventListener('abort', onAbort)
    end()
  }

  async #measure({ number, config, seed, signal, judge }: Measurement): Promise<Told> {
    const { id, clock, telemetry } = this.#loop.study
    const random = seededRandom(seed).fork('retry')
    const onRetry = ({ attempt }: { readonly attempt: number }, delayMs: number) => {
      if (!telemetry.enabled) return
      telemetry.emit({
        name: 'ml.trial-retried',
        measurements: { attempt, delayMs },
        metadata: { study: id, trial: number },
      })
    }
    const policy = { attemptsMax: this.#options.retriesMax + 1 }
    const trial = { number, config, seed }
    return await retry(() => this.#executor.run(trial, signal, judge), { clock, random, signal, policy, onRetry })
  }

  #report(): StudyReport {
    const { study, ended, trialsEnded, seconds } = this.#loop
    const { id, finished } = study
    const count = (state: FinishedTrial['state']) => finished.filter((one) => one.state === state).length
    return {
      id,
      ended: ended ?? 'budget',
      trials: finished.length,
      complete: count('complete'),
      failed: count('failed'),
      pruned: count('pruned'),
      trialsThisRun: trialsEnded,
      seconds,
      observedBest: study.observedBest(),
      observedFront: study.observedFront(),
    }
  }
}
