/** What a watcher of a cell is told: values, the latest at last, in a bounded buffer. */

import type { CancelTimer } from '../clock.ts'
import { assert } from '../errors.ts'
import { checkOptions, rule } from '../options.ts'

export interface CellWatchOptions {
  /** Values waiting to be taken; the oldest is dropped and counted. @default 16 */
  readonly capacity?: number
  /** When it aborts, the next value rejects with `signal.reason`. @default none */
  readonly signal?: AbortSignal | undefined
}

const cellWatchDefaults = { capacity: 16 } as const satisfies Partial<CellWatchOptions>

/**
 * The value there is, then each one that follows, until it is disposed or the node's cells are closed. One that does not keep
 * up misses values in between, never the last one.
 */
export interface CellWatch<T> extends AsyncIterableIterator<T, undefined>, AsyncDisposable {
  /** Values that found no room. */
  readonly dropped: number
}

/** Tells of values; keeps them as they came and shows them when they are taken. *Runs in* the turn of whoever changes the cell. */
export class CellFeed<State, T> implements CellWatch<T> {
  dropped = 0
  readonly #capacity: number
  readonly #signal: AbortSignal | undefined
  readonly #show: (state: State) => T
  readonly #onEnd: (feed: CellFeed<State, T>) => void
  readonly #buffer: State[] = []
  #waiting: PromiseWithResolvers<IteratorResult<T, undefined>> | undefined
  #isEnded = false
  readonly #unlisten: CancelTimer

  constructor(options: CellWatchOptions, show: (state: State) => T, onEnd: (feed: CellFeed<State, T>) => void) {
    checkOptions('watch', options, { capacity: rule.optional(rule.int(1)), signal: rule.optional(rule.object()) })
    options.signal?.throwIfAborted()
    this.#capacity = options.capacity ?? cellWatchDefaults.capacity
    this.#signal = options.signal
    this.#show = show
    this.#onEnd = onEnd
    const onAbort = () => this.#abort()
    this.#signal?.addEventListener('abort', onAbort, { once: true })
    this.#unlisten = () => this.#signal?.removeEventListener('abort', onAbort)
  }

  tell(state: State): void {
    if (this.#isEnded) return
    if (this.#waiting !== undefined) {
      this.#waiting.resolve({ done: false, value: this.#show(state) })
      this.#waiting = undefined
      return
    }
    if (this.#buffer.length >= this.#capacity) {
      this.#buffer.shift()
      this.dropped++
    }
    this.#buffer.push(state)
  }

  /** No more values: those that wait can still be taken. */
  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#unlisten()
    this.#waiting?.resolve({ done: true, value: undefined })
    this.#waiting = undefined
    this.#onEnd(this)
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    this.#signal?.throwIfAborted()
    assert(this.#waiting === undefined, 'the next value of a watch is asked for while it is being waited for')
    if (this.#buffer.length > 0) return { done: false, value: this.#show(this.#buffer.shift() as State) }
    if (this.#isEnded) return { done: true, value: undefined }
    this.#waiting = Promise.withResolvers()
    return this.#waiting.promise
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#buffer.length = 0
    this.end()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  #abort(): void {
    this.#waiting?.reject(this.#signal?.reason)
    this.#waiting = undefined
    this.end()
  }
}
