/** The few nearest of many in one pass: a heap whose root is the one that would go next. */

/**
 * Keeps the `count` with the most nearness of those that are taken; of equals the earlier. What is no number is the least near.
 *
 * Requires: places are offered once each and in ascending order, and taken only where `wants` says so.
 * Cost: the logarithm of `count` for each that is taken, one comparison for each that is not.
 */
export class NearestFew {
  readonly #nearness: ArrayLike<number>
  readonly #count: number
  readonly #heap: number[] = []

  constructor(nearness: ArrayLike<number>, count: number) {
    this.#nearness = nearness
    this.#count = count
  }

  /** Whether a place is nearer than the least near that would be given now. */
  wants(at: number): boolean {
    if (this.#heap.length < this.#count) return true
    return this.#count > 0 && this.#near(at) > this.#near(this.#heap[0] as number)
  }

  /** Takes a place that is wanted. */
  take(at: number): void {
    if (this.#heap.length < this.#count) this.#rise(at)
    else this.#sink(at)
  }

  /** The places, the nearest first. */
  inOrder(): number[] {
    return [...this.#heap].sort((a, b) => (this.#goesBefore(a, b) ? 1 : -1))
  }

  #near(at: number): number {
    const near = this.#nearness[at] as number
    return Number.isNaN(near) ? Number.NEGATIVE_INFINITY : near
  }

  /** Whether one goes before another when there are too many. */
  #goesBefore(one: number, other: number): boolean {
    const a = this.#near(one)
    const b = this.#near(other)
    return a < b || (a === b && one > other)
  }

  #rise(at: number): void {
    const heap = this.#heap
    let place = heap.length
    heap.push(at)
    while (place > 0) {
      const above = (place - 1) >> 1
      if (!this.#goesBefore(at, heap[above] as number)) break
      heap[place] = heap[above] as number
      place = above
    }
    heap[place] = at
  }

  #sink(at: number): void {
    const heap = this.#heap
    let place = 0
    for (;;) {
      let below = 2 * place + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && this.#goesBefore(heap[below + 1] as number, heap[below] as number)) below++
      if (this.#goesBefore(at, heap[below] as number)) break
      heap[place] = heap[below] as number
      place = below
    }
    heap[place] = at
  }
}
