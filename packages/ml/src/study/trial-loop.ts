/**
 * A loop over a study, for whoever measures: hands out measurements, at most `parallel` at once, and takes their ends. The rules of
 * every loop are here once: budget and stops (`TrialSupply`), repeats, order, time limits, failures, what is durable.
 * `take` decides and `changed` says when to take again; nothing here waits by itself.
 */

import { outOfTurn, tooManyFailures, trialPruned, trialTimeout } from '../errors.ts'
import type { LoopSettings } from './loop-options.ts'
import type { Ending } from './loop-trial.ts'
import { Measurement, type MeasuringLoop } from './measurement.ts'
import { OpenTrial } from './open-trial.ts'
import { type StudyProgress, withRate } from './progress.ts'
import type { Study } from './study.ts'
import { checkOutcome } from './trial-outcome.ts'
import { type EndReason, TrialSupply } from './trial-supply.ts'

/** Ends on their way to the journal before the loop waits for them. */
const unwrittenMax = 64

export class TrialLoop implements MeasuringLoop {
  readonly study: Study
  readonly #settings: LoopSettings
  readonly #supply: TrialSupply
  /** Asked and not ended, in the order of asks. */
  readonly #open = new Map<number, OpenTrial>()
  /** Asked and not handed out. */
  readonly #ready: Measurement[] = []
  /** Handed out and not ended. */
  readonly #out = new Set<Measurement>()
  readonly #unwritten = new Set<Promise<void>>()
  /** In order, how many trials are asked ahead of the oldest that is open; else as many as are wanted. */
  readonly #ahead: number
  #change = Promise.withResolvers<void>()
  #failed = 0
  #ended = 0
  #stopped: { readonly reason: unknown } | undefined
  #closed = false
  #unlisten = () => {}

  constructor(study: Study, settings: LoopSettings) {
    const { parallel, repeats, deterministic } = settings
    this.study = study
    this.#settings = settings
    this.#supply = new TrialSupply(study, settings)
    this.#ahead = deterministic ? Math.ceil(parallel / repeats) : Number.POSITIVE_INFINITY
  }

  /** Why nothing more is asked; undefined while there may be more. */
  get ended(): EndReason | undefined {
    return this.#supply.ended
  }

  /** Why it stopped before its end; the first reason counts. */
  get stopped(): { readonly reason: unknown } | undefined {
    return this.#stopped
  }

  get isClosed(): boolean {
    return this.#closed
  }

  get trialsEnded(): number {
    return this.#ended
  }

  get seconds(): number {
    return this.#supply.elapsedMs / 1000
  }

  /** Resolves when `take` may say something else. */
  get changed(): Promise<void> {
    return this.#change.promise
  }

  /** Listens to the signal of the settings until it is closed. */
  start(): void {
    const { signal } = this.#settings
    if (!signal) return
    if (signal.aborted) this.stop(signal.reason)
    const onAbort = () => this.stop(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    this.#unlisten = () => signal.removeEventListener('abort', onAbort)
  }

  /** The next measurement; `over` when all are ended and durable or the loop was stopped. */
  take(): Measurement | 'wait' | 'over' {
    if (this.#isOver()) return 'over'
    if (this.#isFull()) this.#sweep()
    if (this.#isFull()) return 'wait'
    if (this.#ready.length === 0) this.#ask()
    const measurement = this.#ready.shift()
    if (measurement) return this.#handOut(measurement)
    if (this.#isOver()) return 'over'
    this.#sweep()
    return this.#open.size === 0 && this.#unwritten.size === 0 ? 'over' : 'wait'
  }

  /** The first reason counts. What is under way is told to end. */
  stop(reason: unknown): void {
    if (this.#isOver()) return
    this.#stopped = { reason }
    for (const measurement of this.#out) measurement.abort(reason)
    this.#changes()
  }

  /** Resolves when what was told is durable or has failed. */
  async written(): Promise<void> {
    await Promise.all(this.#unwritten)
  }

  /** Lets everything go: what has no end stays pending and is asked again by the next loop. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#unlisten()
    for (const measurement of this.#out) measurement.cancelTimer()
    for (const [number, open] of this.#open) {
      if (open.ending) open.told.reject(outOfTurn(this.study.id, number))
      if (this.study.isPending(number)) this.study.release(number)
    }
    this.#open.clear()
    this.#ready.length = 0
    this.#changes()
  }

  settle(measurement: Measurement, ending: Ending): Promise<void> {
    const { open } = measurement
    measurement.cancelTimer()
    this.#out.delete(measurement)
    if (open.ending) {
      this.#changes()
      return open.told.promise
    }
    if (!open.add(this.#checked(measurement.number, ending))) {
      this.#changes()
      return Promise.resolve()
    }
    this.#dropOthers(open)
    if (!this.#settings.deterministic) this.#commit(open)
    else if (this.#isOver()) open.told.reject(outOfTurn(this.study.id, open.trial.number))
    else this.#commitInOrder()
    return open.told.promise
  }

  /** Out of time or pruned: if it does not end by itself it is ended. After a stop that is for whoever stopped it. */
  aborted(measurement: Measurement): void {
    measurement.cancelTimer()
    if (this.#isOver()) return
    const { clock } = this.study
    measurement.cancelTimer = clock.setTimer(this.#settings.graceMs, () => void measurement.expire())
  }

  #isOver(): boolean {
    return this.#closed || this.#stopped !== undefined
  }

  #isFull(): boolean {
    return this.#out.size >= this.#settings.parallel || this.#unwritten.size >= unwrittenMax
  }

  #ask(): void {
    if (this.#isOver() || this.#open.size >= this.#ahead) return
    const { repeats } = this.#settings
    try {
      const trial = this.#supply.next(this.#open.size)
      if (!trial) return
      const open = new OpenTrial(trial, repeats)
      this.#open.set(trial.number, open)
      for (let repeat = 0; repeat < repeats; repeat++) this.#ready.push(new Measurement(this, open, repeat))
    } catch (thrown) {
      this.stop(thrown)
    }
  }

  #handOut(measurement: Measurement): Measurement {
    const { trialTimeoutMs } = this.#settings
    this.#out.add(measurement)
    measurement.cancelTimer = this.study.clock.setTimer(trialTimeoutMs, () =>
      measurement.abort(trialTimeout(measurement.number, trialTimeoutMs)),
    )
    return measurement
  }

  /** Values that can't be kept are a failure of the trial. */
  #checked(number: number, ending: Ending): Ending {
    if (ending.type !== 'complete') return ending
    try {
      checkOutcome(number, this.study, ending.outcome)
      return ending
    } catch (error) {
      return { type: 'failed', error }
    }
  }

  /** A trial that ended by one of its measurements needs the others no more. */
  #dropOthers(open: OpenTrial): void {
    const { ending } = open
    if (open.repeats === 1 || ending?.type === 'complete') return
    const kept = this.#ready.filter((one) => one.open !== open)
    this.#ready.splice(0, this.#ready.length, ...kept)
    const reason = ending?.type === 'pruned' ? trialPruned(open.trial.number, ending.because) : ending?.error
    for (const other of this.#out) if (other.open === open) other.abort(reason)
  }

  /** In order the oldest goes first, and what it leaves room for is asked before the next: so every ask sees the same history. */
  #commitInOrder(): void {
    for (const open of this.#open.values()) {
      if (!open.ending) break
      let asked = -1
      while (asked < this.#open.size) {
        asked = this.#open.size
        this.#ask()
      }
      if (this.#isOver()) break
      this.#commit(open)
    }
    this.#changes()
  }

  #commit(open: OpenTrial): void {
    const { number } = open.trial
    this.#open.delete(number)
    if (!this.study.isPending(number)) {
      // Somebody else ended it, by the study or in the loop before; that is what counts.
      open.told.resolve()
      this.#changes()
      return
    }
    const ending = this.#checked(number, open.ending as Ending)
    this.#ended++
    const told = this.#tell(number, ending)
    open.told.resolve(told)
    const written: Promise<void> = told
      .then(() => (this.#closed ? undefined : this.#settings.onProgress?.(this.#progress())))
      .catch((thrown) => this.stop(thrown))
      .finally(() => {
        this.#unwritten.delete(written)
        this.#changes()
      })
    this.#unwritten.add(written)
    if (ending.type === 'failed') this.#countFailure(ending.error)
    this.#changes()
  }

  #tell(number: number, ending: Ending): Promise<void> {
    if (ending.type === 'complete') return this.study.tell(number, ending.outcome)
    if (ending.type === 'pruned') return this.study.prune(number, ending.because)
    return this.study.fail(number, ending.error)
  }

  #countFailure(error: unknown): void {
    const { failuresMax } = this.#settings
    this.#failed++
    if (this.#failed > failuresMax)
      this.stop(tooManyFailures(this.study.id, { failed: this.#failed, failuresMax }, error))
  }

  /** Trials that were ended by the study itself and not by what the loop handed out. */
  #sweep(): void {
    for (const [number, open] of this.#open) {
      if (open.ending || this.study.isPending(number)) continue
      this.#open.delete(number)
      for (const measurement of this.#out) {
        if (measurement.open !== open) continue
        measurement.cancelTimer()
        this.#out.delete(measurement)
      }
    }
  }

  #changes(): void {
    this.#change.resolve()
    this.#change = Promise.withResolvers<void>()
  }

  #progress(): StudyProgress {
    const { study } = this
    const counts = { trials: study.finished.length, budget: this.#settings.budget, trialsThisRun: this.#ended }
    const running = this.#open.size
    return withRate({ ...counts, failed: this.#failed, running, observedBest: study.observedBest() }, this.seconds)
  }
}
