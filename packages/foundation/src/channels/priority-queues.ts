/** A bounded queue for each channel, taken from by the drain step: what waits at a node, and at each subscriber. */

import { BoundedQueue, type QueueLimits } from './bounded-queue.ts'
import { type DrainState, type DrainStep, drainStep, newDrain } from './drain-step.ts'
import { type Priority, priorities } from './priority.ts'

export class PriorityQueues<T> {
  readonly #queues: readonly BoundedQueue<T>[]
  readonly #step: DrainStep
  readonly #waiting = priorities.map(() => 0)
  #state: DrainState = newDrain
  size = 0

  constructor(limits: (priority: Priority) => QueueLimits, step: DrainStep = drainStep) {
    this.#queues = priorities.map((priority) => new BoundedQueue<T>(limits(priority)))
    this.#step = step
  }

  sizeOf(priority: Priority): number {
    return this.#queue(priority).size
  }

  accepts(priority: Priority, bytes: number): boolean {
    return this.#queue(priority).accepts(bytes)
  }

  /** Returns how many found no place. */
  offer(priority: Priority, item: T, bytes: number): number {
    const dropped = this.#queue(priority).offer(item, bytes)
    this.#count(priority)
    return dropped
  }

  /** What the drain step picks next; with `only` nothing when that is something of another channel. */
  take(only?: Priority): T | undefined {
    if (this.size === 0) return undefined
    const [state, picked] = this.#step(this.#state, this.#waiting)
    if (picked === undefined || (only !== undefined && picked !== only)) return undefined
    this.#state = state
    const item = this.#queue(picked).take()
    this.#count(picked)
    return item
  }

  #queue(priority: Priority): BoundedQueue<T> {
    return this.#queues[priorities.indexOf(priority)] as BoundedQueue<T>
  }

  #count(priority: Priority): void {
    const index = priorities.indexOf(priority)
    const size = (this.#queues[index] as BoundedQueue<T>).size
    this.size += size - (this.#waiting[index] as number)
    this.#waiting[index] = size
  }
}
