/** A watch of keyed state that is opened again whenever it is lost: what everything that keeps a copy stands on. */

import { type Clock, delay } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { Random } from '../random.ts'
import { retryDelayMs } from '../retry.ts'
import type { KeyedState, StateChange, StateWatch } from './keyed-state.ts'

export interface KeptWatchOptions {
  readonly state: KeyedState
  readonly clock: Clock
  readonly random: Random
  /** First wait before a watch that could not be opened is tried again. @default 100 */
  readonly reopenMinMs?: number
  /** Longest wait. @default 5_000 */
  readonly reopenMaxMs?: number
  /** What there is will be told from the beginning. @default nothing */
  onBegin?(): void
  /** Must not throw. */
  onChange(change: StateChange): void
  /** All there was has been told. @default nothing */
  onCurrent?(): void
  /** @default nothing */
  onLost?(reason: string): void
}

export class KeptWatch implements AsyncDisposable {
  readonly #options: KeptWatchOptions
  readonly #closed = new AbortController()
  #watch: StateWatch | undefined
  #isCurrent = false
  #keeping: Promise<void> | undefined

  constructor(options: KeptWatchOptions) {
    this.#options = options
  }

  /** False from the loss of the watch until another one has told what there is. */
  get isCurrent(): boolean {
    return this.#isCurrent
  }

  /** Resolves when all there is has been told; rejects when the first watch can't be opened. */
  async open(): Promise<void> {
    await this.#open()
    this.#keeping = this.#keep()
  }

  /** Opens it as soon as that can be done. */
  start(): void {
    this.#keeping ??= this.#keep()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new Error('the watch is closed'))
    await this.#watch?.[Symbol.asyncDispose]()
    await this.#keeping
    // One that was being opened meanwhile.
    await this.#watch?.[Symbol.asyncDispose]()
  }

  async #open(): Promise<void> {
    const { state, onChange } = this.#options
    let isLost = false
    this.#options.onBegin?.()
    const watch = await state.watch('>', (change) => {
      if (!isLost && !this.#closed.signal.aborted) onChange.call(this.#options, change)
    })
    void watch.lost.then(() => {
      isLost = true
    })
    this.#watch = watch
    if (this.#closed.signal.aborted) return await watch[Symbol.asyncDispose]()
    this.#isCurrent = true
    this.#options.onCurrent?.()
  }

  /** Never rejects. */
  async #keep(): Promise<void> {
    const { signal } = this.#closed
    const ended = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined)))
    for (let attempt = 0; !signal.aborted; ) {
      if (this.#isCurrent) {
        const reason = await Promise.race([this.#watch?.lost, ended])
        if (reason === undefined) return
        this.#isCurrent = false
        attempt = 0
        this.#options.onLost?.(messageOf(reason))
        await this.#watch?.[Symbol.asyncDispose]()
      }
      try {
        await this.#open()
      } catch {
        await this.#pause(++attempt)
      }
    }
  }

  async #pause(attempt: number): Promise<void> {
    const { clock, random, reopenMinMs = 100, reopenMaxMs = 5_000 } = this.#options
    const delayMs = retryDelayMs({ delayMinMs: reopenMinMs, delayMaxMs: reopenMaxMs }, attempt, random)
    await delay(clock, delayMs, this.#closed.signal).catch(() => {})
  }
}
