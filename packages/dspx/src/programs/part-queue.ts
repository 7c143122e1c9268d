/** Parts on their way from many writers to a reader. */

/** Bounded: writers wait while it is full. */
export class PartQueue<T> {
  readonly #capacity: number
  readonly #parts: T[] = []
  readonly #writers: (() => void)[] = []
  readonly #readers: PromiseWithResolvers<IteratorResult<T, void>>[] = []
  #ended: { readonly thrown?: unknown } | undefined

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Takes a part; a promise where its writer has to wait for room. After the end nothing waits and nothing is kept. */
  put(part: T): Promise<void> | undefined {
    if (!this.#isFull()) return this.#add(part)
    return this.#addLater(part)
  }

  /** The last part; it always has room. */
  end(part: T): void {
    if (this.#ended) return
    this.#parts.push(part)
    this.#ended = {}
    this.#give()
  }

  /** The reader is told once what was thrown, after the parts that came. */
  fail(thrown: unknown): void {
    if (this.#ended) return
    this.#ended = { thrown }
    this.#give()
  }

  /** Nobody takes any more: who waits goes on. */
  close(): void {
    this.#ended = {}
    this.#parts.length = 0
    this.#wakeWriters()
    this.#give()
  }

  /** The next part. Readers get theirs in the order in which they asked. */
  take(): Promise<IteratorResult<T, void>> {
    const reader = Promise.withResolvers<IteratorResult<T, void>>()
    this.#readers.push(reader)
    this.#give()
    return reader.promise
  }

  #give(): void {
    while (this.#readers.length > 0) {
      if (this.#parts.length > 0) {
        this.#readers.shift()?.resolve({ done: false, value: this.#parts.shift() as T })
        this.#wakeWriters()
      } else if (this.#ended === undefined) return
      else {
        const { thrown } = this.#ended
        const isFailed = 'thrown' in this.#ended
        this.#ended = {}
        if (isFailed) this.#readers.shift()?.reject(thrown)
        else this.#readers.shift()?.resolve({ done: true, value: undefined })
      }
    }
  }

  #wakeWriters(): void {
    for (const resolve of this.#writers.splice(0)) resolve()
  }

  #isFull(): boolean {
    return this.#ended === undefined && this.#parts.length >= this.#capacity
  }

  #add(part: T): undefined {
    if (this.#ended) return
    this.#parts.push(part)
    this.#give()
  }

  async #addLater(part: T): Promise<void> {
    while (this.#isFull()) await new Promise<void>((resolve) => this.#writers.push(resolve))
    this.#add(part)
  }
}
