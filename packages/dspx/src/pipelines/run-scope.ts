/** What all stages of one run share: when it stops, what is under way, and what closes with it. */

import { AsyncLocalStorage } from 'node:async_hooks'
import { type Clock, delay, type Random, type Telemetry } from '@mabeam/foundation'
import { eventLoopTurns } from '../event-loop-turns.ts'
import { SignalFan } from '../signal-fan.ts'

/** Where a run lives. */
export interface ScopeOptions {
  readonly name: string
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
  readonly closeTimeoutMs: number
}

/** Stops once: by its end, a failure, a signal, or because nobody wants more. */
export class RunScope {
  readonly pipeline: string
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
  /** Runs code as part of what began the run: its context reaches the functions of stages, whoever wakes them. */
  readonly inContext = AsyncLocalStorage.snapshot()
  /** Awaited before each item: a source that never waits leaves the thread its turns. */
  readonly turn: () => Promise<void> | undefined
  readonly #closeTimeoutMs: number
  readonly #stop = new AbortController()
  readonly #tries = new SignalFan(this.#stop.signal)
  readonly #closers: (() => unknown)[] = []
  #underWay = 0
  #idle: (() => void) | undefined
  #onStop: (() => void) | undefined

  constructor(options: ScopeOptions) {
    this.pipeline = options.name
    this.clock = options.clock
    this.random = options.random
    this.telemetry = options.telemetry
    this.#closeTimeoutMs = options.closeTimeoutMs
    this.turn = eventLoopTurns(options.clock)
  }

  /** Aborts when the run stops; what stages and sources wait on listens to it. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  get stopped(): boolean {
    return this.#stop.signal.aborted
  }

  /** Functions of stages that have begun and not ended. */
  get underWay(): number {
    return this.#underWay
  }

  /** Who is told that it stopped, at once. */
  onStop(told: () => void): void {
    this.#onStop = told
  }

  /** Nothing is begun any more. What comes second changes nothing. */
  stop(reason: unknown): void {
    if (this.stopped) return
    this.#stop.abort(reason)
    this.#onStop?.()
  }

  /** A signal of its own for one try, until `forget`. */
  newSignal(): AbortController {
    return this.#tries.take()
  }

  forget(one: AbortController): void {
    this.#tries.giveBack(one)
  }

  begin(): void {
    this.#underWay++
  }

  end(): void {
    this.#underWay--
    if (this.#underWay === 0) this.#idle?.()
  }

  /** `close` is called when the run is over, and waited for. */
  onClose(close: () => unknown): void {
    this.#closers.push(close)
  }

  /**
   * Closes everything and waits for what is under way, as long as it may. Requires: it has stopped.
   *
   * Ensures: resolves with how many did not end in time, and the first error of closing.
   */
  async close(): Promise<{ readonly abandoned: number; readonly thrown?: unknown }> {
    const failures: unknown[] = []
    let open = this.#closers.length
    const closing = this.#closers.splice(0).map(async (close) => {
      try {
        await close()
      } catch (thrown) {
        failures.push(thrown)
      }
      open--
    })
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve
      if (this.#underWay === 0) resolve()
    })
    const late = new AbortController()
    const limit = delay(this.clock, this.#closeTimeoutMs, late.signal).catch(() => {})
    await Promise.race([Promise.all([...closing, idle]), limit])
    late.abort()
    const abandoned = open + this.#underWay
    return failures.length > 0 ? { abandoned, thrown: failures[0] } : { abandoned }
  }
}
