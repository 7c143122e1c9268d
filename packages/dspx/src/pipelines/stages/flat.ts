/** The second half of `flatMap`: what its function gave for each item is iterated, one after the other, as it is wanted. */

import { itemNotIterable } from '../errors.ts'
import type { ItemCalls, ItemOutcome } from '../item-call.ts'
import { dropped } from '../ready-queue.ts'
import { type Outlet, type Pulled, pulledEnd } from '../stage.ts'

/** An item and what its function gave. */
export interface Unfolded {
  readonly outcome: unknown
  readonly item: unknown
  readonly index: number
}

type Inner = Iterator<unknown> | AsyncIterator<unknown>

/** Reads lanes whose values are {@link Unfolded}. */
export class Flat implements Outlet {
  readonly #before: Outlet
  readonly #calls: ItemCalls
  #of: Unfolded | undefined
  #inner: Inner | undefined

  constructor(before: Outlet, calls: ItemCalls) {
    this.#before = before
    this.#calls = calls
    calls.scope.onClose(() => this.#close())
  }

  async pull(): Promise<Pulled> {
    const { scope } = this.#calls
    for (;;) {
      await scope.turn()
      if (scope.stopped) return pulledEnd
      const value = this.#inner === undefined ? await this.#open() : await this.#next(this.#inner)
      if (value === pulledEnd) return pulledEnd
      if (value === dropped) continue
      this.#calls.counts.out++
      return { done: false, value }
    }
  }

  /** The next item's; a value at once where the item had failed and failures are kept. */
  async #open(): Promise<unknown> {
    const pulled = await this.#before.pull()
    if (pulled.done) return pulledEnd
    const of = pulled.value as Unfolded
    const given = this.#calls.settings.errors === 'keep' ? (of.outcome as ItemOutcome<unknown, unknown>) : undefined
    if (given?.type === 'failed') return given
    const iterable = given === undefined ? of.outcome : given.value
    this.#of = of
    this.#inner = iteratorOf(iterable)
    return this.#inner ? dropped : this.#failed(itemNotIterable(this.#place(of), iterable))
  }

  async #next(inner: Inner): Promise<unknown> {
    try {
      const { done, value } = await this.#calls.scope.inContext(() => inner.next())
      if (!done) return this.#calls.kept(await value)
      this.#inner = undefined
      return dropped
    } catch (thrown) {
      return this.#failed(thrown)
    }
  }

  #failed(thrown: unknown): unknown {
    const { item, index } = this.#of as Unfolded
    this.#inner = undefined
    return this.#calls.scope.stopped ? dropped : this.#calls.failed(thrown, item, index)
  }

  #place({ index }: Unfolded) {
    return { pipeline: this.#calls.scope.pipeline, stage: this.#calls.counts.stage, index }
  }

  async #close(): Promise<void> {
    const inner = this.#inner
    this.#inner = undefined
    await inner?.return?.()
  }
}

/** Of anything that can be iterated but text, whose letters nobody means. */
export function iteratorOf(value: unknown): Inner | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { [Symbol.asyncIterator]: waits, [Symbol.iterator]: plain } = value as AsyncIterable<unknown> &
    Iterable<unknown>
  if (typeof waits === 'function') return waits.call(value)
  return typeof plain === 'function' ? plain.call(value) : undefined
}
