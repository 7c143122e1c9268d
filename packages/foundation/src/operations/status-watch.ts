/** Looks, waits, and looks again, sooner when something has changed. */

import type { Clock } from '../clock.ts'

export interface StatusWatchSettings {
  readonly clock: Clock
  readonly everyMs: number
  readonly signal: AbortSignal | undefined
  readonly look: (signal: AbortSignal) => Promise<void>
  readonly failed: (thrown: unknown) => void
}

/** Between two looks, however much changes. */
const lookGapMs = 100

export class StatusWatch implements AsyncDisposable {
  /** Never rejects. */
  readonly ended: Promise<void>
  readonly #settings: StatusWatchSettings
  readonly #ending = new AbortController()
  #isWoken = false
  #wake: () => void = () => {}

  constructor(settings: StatusWatchSettings) {
    this.#settings = settings
    this.ended = this.#run()
  }

  wake(): void {
    this.#isWoken = true
    this.#wake()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new DOMException('the watch is closed', 'AbortError'))
    await this.ended
  }

  async #run(): Promise<void> {
    const { signal: given, look, failed, everyMs } = this.#settings
    const own = this.#ending.signal
    const signal = given === undefined ? own : AbortSignal.any([own, given])
    while (!signal.aborted) {
      this.#isWoken = false
      try {
        await look(signal)
      } catch (thrown) {
        if (!signal.aborted) failed(thrown)
      }
      await this.#pause(Math.min(lookGapMs, everyMs), signal, false)
      await this.#pause(Math.max(0, everyMs - lookGapMs), signal, true)
    }
  }

  /** Until the time is over, it ends, or something has changed, if that counts. */
  async #pause(forMs: number, signal: AbortSignal, mayWake: boolean): Promise<void> {
    if (signal.aborted || forMs === 0 || (mayWake && this.#isWoken)) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#settings.clock.setTimer(forMs, resolve)
    if (mayWake) this.#wake = resolve
    const ended = () => resolve()
    signal.addEventListener('abort', ended, { once: true })
    await promise
    cancel()
    signal.removeEventListener('abort', ended)
    this.#wake = () => {}
  }
}
