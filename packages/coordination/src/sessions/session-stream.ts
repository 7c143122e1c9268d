/** What those read who watch a session: its events from when they began, bounded, the oldest dropped. */

import type { SessionEvent, SessionStream } from './session.ts'

export class SessionEventStream implements SessionStream {
  dropped = 0
  readonly #capacity: number
  readonly #onEnd: () => void
  readonly #events: SessionEvent[] = []
  readonly #waiting: ((result: IteratorResult<SessionEvent>) => void)[] = []
  #isEnded = false

  constructor(capacity: number, onEnd: () => void) {
    this.#capacity = capacity
    this.#onEnd = onEnd
  }

  put(event: SessionEvent): void {
    if (this.#isEnded) return
    const reader = this.#waiting.shift()
    if (reader !== undefined) {
      reader({ done: false, value: event })
      return
    }
    if (this.#events.push(event) <= this.#capacity) return
    this.#events.shift()
    this.dropped++
  }

  /** No more will come; what is there can still be read. */
  finish(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#onEnd()
    for (const reader of this.#waiting.splice(0)) reader({ done: true, value: undefined })
  }

  next(): Promise<IteratorResult<SessionEvent>> {
    const value = this.#events.shift()
    if (value !== undefined) return Promise.resolve({ done: false, value })
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve) => void this.#waiting.push(resolve))
  }

  async return(): Promise<IteratorResult<SessionEvent>> {
    this.#events.length = 0
    this.finish()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }
}
