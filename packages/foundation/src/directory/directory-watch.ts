/** The one watch of the directory's state in this process, opened again whenever it is lost. */

import { delay } from '../clock.ts'
import type { KeyedState, StateChange, StateWatch } from '../engine/keyed-state.ts'
import { messageOf } from '../errors.ts'
import type { NodePort } from '../node-port.ts'
import { retryDelayMs } from '../retry.ts'

export interface DirectoryWatchOptions {
  readonly state: KeyedState
  readonly reopenDelayMaxMs: number
  /** What there is will be told from the beginning. */
  onBegin(): void
  onChange(change: StateChange): void
  /** All there was has been told. */
  onCurrent(): void
  onLost(reason: string): void
}

/** First wait before a lost watch is opened again. */
const reopenDelayMinMs = 100

export class DirectoryWatch {
  readonly #port: NodePort
  readonly #options: DirectoryWatchOptions
  readonly #closed = new AbortController()
  #watch: StateWatch | undefined
  #isCurrent = false
  #keeping: Promise<void> | undefined

  constructor(port: NodePort, options: DirectoryWatchOptions) {
    this.#port = port
    this.#options = options
  }

  /** False from the loss of the watch until another one has told what there is. */
  get isCurrent(): boolean {
    return this.#isCurrent
  }

  /** Resolves when all there is has been told. */
  async open(): Promise<void> {
    await this.#open()
    this.#keeping = this.#keep()
  }

  async close(): Promise<void> {
    this.#closed.abort(new Error('the directory is closed'))
    await this.#watch?.[Symbol.asyncDispose]()
    await this.#keeping
    // One that was being opened meanwhile.
    await this.#watch?.[Symbol.asyncDispose]()
  }

  async #open(): Promise<void> {
    const { state, onBegin, onChange, onCurrent } = this.#options
    let isLost = false
    onBegin()
    const watch = await state.watch('>', (change) => {
      if (!isLost && !this.#closed.signal.aborted) onChange(change)
    })
    void watch.lost.then(() => {
      isLost = true
    })
    this.#watch = watch
    this.#isCurrent = true
    onCurrent()
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
        this.#options.onLost(messageOf(reason))
        await this.#watch?.[Symbol.asyncDispose]()
      }
      try {
        await this.#open()
      } catch {
        const policy = { delayMinMs: reopenDelayMinMs, delayMaxMs: this.#options.reopenDelayMaxMs }
        const delayMs = retryDelayMs(policy, ++attempt, this.#port.random)
        await delay(this.#port.clock, delayMs, signal).catch(() => {})
      }
    }
  }
}
