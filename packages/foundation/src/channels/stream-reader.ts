/** An async iterator over what somebody else puts into a queue: readers wait for what comes, then for the end. */

export interface StreamSource<T> {
  /** The next item, if there is one. */
  take(): T | undefined
  /** The reader wants no more. */
  end(): void
}

export class StreamReader<T> implements AsyncIterableIterator<T> {
  readonly #source: StreamSource<T>
  readonly #waiting: PromiseWithResolvers<IteratorResult<T>>[] = []
  #ended = false
  #failure: { readonly reason: unknown } | undefined

  constructor(source: StreamSource<T>) {
    this.#source = source
  }

  /** Something can be taken. */
  wake(): void {
    while (this.#waiting.length > 0) {
      const item = this.#source.take()
      if (item === undefined) return
      this.#waiting.shift()?.resolve({ done: false, value: item })
    }
  }

  /** No more will come: what is there is read first, then readers are told `failure`, once, or the end. */
  finish(failure?: { readonly reason: unknown }): void {
    if (this.#ended) return
    this.#ended = true
    this.#failure = failure
    this.wake()
    for (const waiting of this.#waiting.splice(0)) this.#end(waiting)
  }

  next(): Promise<IteratorResult<T>> {
    const waiting = Promise.withResolvers<IteratorResult<T>>()
    const item = this.#source.take()
    if (item !== undefined) waiting.resolve({ done: false, value: item })
    else if (this.#ended) this.#end(waiting)
    else this.#waiting.push(waiting)
    return waiting.promise
  }

  async return(): Promise<IteratorResult<T>> {
    this.#source.end()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this
  }

  #end(waiting: PromiseWithResolvers<IteratorResult<T>>): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure === undefined) waiting.resolve({ done: true, value: undefined })
    else waiting.reject(failure.reason)
  }
}
