/** What happens next in a simulation: a binary heap by time, and by order of arrival where times are the same. */

export interface Timed<E> {
  readonly atMs: number
  readonly order: number
  readonly event: E
}

export class EventQueue<E> {
  readonly #heap: Timed<E>[] = []
  #order = 0

  push(atMs: number, event: E): number {
    const order = this.#order++
    const heap = this.#heap
    heap.push({ atMs, order, event })
    let at = heap.length - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(at, parent)) break
      this.#swap(at, parent)
      at = parent
    }
    return order
  }

  pop(): Timed<E> | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    heap[0] = last
    let at = 0
    for (;;) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && this.#isBefore(child, least)) least = child
      }
      if (least === at) return first
      this.#swap(at, least)
      at = least
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [left, right] = [this.#heap[a] as Timed<E>, this.#heap[b] as Timed<E>]
    return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order)
  }

  #swap(a: number, b: number): void {
    const held = this.#heap[a] as Timed<E>
    this.#heap[a] = this.#heap[b] as Timed<E>
    this.#heap[b] = held
  }
}
