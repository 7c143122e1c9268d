/** What a pipeline reads from: any iterable, opened when the first item is wanted and closed when the run is over. */

import { sourceFailed } from '../errors.ts'
import type { RunScope } from '../run-scope.ts'
import { type Outlet, type Pulled, pulledEnd } from '../stage.ts'
import { iteratorOf } from './flat.ts'

/** An iterable, or a function that opens one and is told when to stop: so a source that waits can be woken. */
export type PipelineSource<T> =
  | AsyncIterable<T>
  | Iterable<T | PromiseLike<T>>
  | ((signal: AbortSignal) => AsyncIterable<T> | Iterable<T | PromiseLike<T>>)

/** The source in one run. */
export class Source implements Outlet {
  readonly #source: PipelineSource<unknown>
  readonly #scope: RunScope
  #iterator: ReturnType<typeof iteratorOf>
  #over = false

  constructor(source: PipelineSource<unknown>, scope: RunScope) {
    this.#source = source
    this.#scope = scope
    scope.onClose(() => this.#close())
  }

  async pull(): Promise<Pulled> {
    const waits = this.#scope.turn()
    if (waits) await waits
    if (this.#scope.stopped || this.#over) return pulledEnd
    try {
      this.#iterator ??= this.#open()
      const result = await this.#next(this.#iterator)
      if (result.done) this.#over = true
      return result.done ? pulledEnd : { done: false, value: await result.value }
    } catch (thrown) {
      this.#scope.stop(sourceFailed(this.#scope.pipeline, thrown))
      return pulledEnd
    }
  }

  #open(): NonNullable<ReturnType<typeof iteratorOf>> {
    const { signal, inContext } = this.#scope
    const source = this.#source
    const iterator = iteratorOf(typeof source === 'function' ? inContext(source, signal) : source)
    if (iterator === undefined) throw new Error('expected an iterable that is no text')
    return iterator
  }

  /** An iterator whose `next` threw is over. */
  async #next(iterator: NonNullable<ReturnType<typeof iteratorOf>>): Promise<IteratorResult<unknown>> {
    try {
      return await this.#scope.inContext(() => iterator.next())
    } catch (thrown) {
      this.#over = true
      throw thrown
    }
  }

  async #close(): Promise<void> {
    if (this.#over) return
    this.#over = true
    try {
      await this.#iterator?.return?.()
    } catch (thrown) {
      throw sourceFailed(this.#scope.pipeline, thrown)
    }
  }
}
