/** Parts on their way from many writers to a reader. */

/** Bounded: writers wait while it is full, and go on in the order in which they came. */
export class PartQueue<T> {
  readonly #capacity: number
  readonly #parts: T[] = []
  readonly #writers: WaitingWriter<T>[] = []
  readonly #readers: PromiseWithResolvers<IteratorResult<T, void>>[] = []
  #ended: { readonly thrown?: unknown } | undefined

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Takes a part; a promise where its writer has to wait for room. After the end nothing waits and nothing is kept. */
  put(part: T): Promise<void> | undefined {
    if (this.#ended) return undefined
    if (this.#parts.length >= this.#capacity) {
      return new Promise((goOn) => this.#writers.push({ part, goOn }))
    }
    this.#parts.push(part)
    this.#give()
    return undefined
  }

  /** The last part; it always has room. */
  end(part: T): void {
    if (this.#ended) return
    this.#parts.push(part)
    this.#end({})
  }

  /** The reader is told once what was thrown, after the parts that came. */
  fail(thrown: unknown): void {
    if (this.#ended) return
    this.#end({ thrown })
  }

  /** Nobody takes any more: who waits goes on. */
  close(): void {
    this.#parts.length = 0
    this.#end({})
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
        this.#takeWaiting()
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

  /** There is room for one: waking all who wait for it would cost as much for each part. */
  #takeWaiting(): void {
    const first = this.#writers.shift()
    if (first === undefined) return
    this.#parts.push(first.part)
    first.goOn()
  }

  #end(ended: { readonly thrown?: unknown }): void {
    this.#ended = ended
    for (const { goOn } of this.#writers.splice(0)) goOn()
    this.#give()
  }
}

interface WaitingWriter<T> {
  readonly part: T
  readonly goOn: () => void
}
