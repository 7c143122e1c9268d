/** Timers in the order in which they fall due: a binary heap, in which a cancelled timer costs nothing until it is met. */

/** A timer that waits. */
export interface QueuedTimer {
  readonly dueMs: number
  /** Order among those due at one instant: that of setting. */
  readonly sequence: number
  /** Undefined once it fired or was cancelled. */
  run: (() => void) | undefined
}

/** Cancelled timers are swept out when they are more than so many and half of all. */
const sweepAbove = 64

/** `add` and `take` take O(log n), `cancel` O(1) on average. */
export class TimerQueue {
  #heap: QueuedTimer[] = []
  #cancelled = 0
  #sequence = 0

  /** Timers neither taken nor cancelled. */
  get size(): number {
    return this.#heap.length - this.#cancelled
  }

  /** When the first falls due. */
  get firstMs(): number | undefined {
    return this.#first()?.dueMs
  }

  add(dueMs: number, run: () => void): QueuedTimer {
    const timer: QueuedTimer = { dueMs, sequence: this.#sequence++, run }
    this.#heap.push(timer)
    this.#up(this.#heap.length - 1)
    return timer
  }

  /** Safe to call twice, and after it fired. */
  cancel(timer: QueuedTimer): void {
    if (timer.run === undefined) return
    timer.run = undefined
    this.#cancelled++
    if (this.#cancelled > sweepAbove && this.#cancelled * 2 > this.#heap.length) this.#sweep()
  }

  /** Takes out the first timer if it is due by then. The caller runs it. */
  take(untilMs: number): { readonly dueMs: number; readonly run: () => void } | undefined {
    const timer = this.#first()
    if (timer === undefined || timer.dueMs > untilMs) return undefined
    this.#removeFirst()
    const { dueMs } = timer
    const run = timer.run as () => void
    timer.run = undefined
    return { dueMs, run }
  }

  #first(): QueuedTimer | undefined {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (first.run !== undefined) return first
      this.#removeFirst()
      this.#cancelled--
    }
    return undefined
  }

  #removeFirst(): void {
    const last = this.#heap.pop()
    if (last === undefined || this.#heap.length === 0) return
    this.#heap[0] = last
    this.#down(0)
  }

  #sweep(): void {
    this.#heap = this.#heap.filter((timer) => timer.run !== undefined)
    this.#cancelled = 0
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#down(i)
  }

  #up(start: number): void {
    const heap = this.#heap
    const timer = heap[start] as QueuedTimer
    let i = start
    while (i > 0) {
      const parent = (i - 1) >> 1
      const above = heap[parent] as QueuedTimer
      if (!isBefore(timer, above)) break
      heap[i] = above
      i = parent
    }
    heap[i] = timer
  }

  #down(start: number): void {
    const heap = this.#heap
    const timer = heap[start] as QueuedTimer
    let i = start
    for (let child = 2 * i + 1; child < heap.length; child = 2 * i + 1) {
      const right = heap[child + 1]
      if (right !== undefined && isBefore(right, heap[child] as QueuedTimer)) child++
      const below = heap[child] as QueuedTimer
      if (!isBefore(below, timer)) break
      heap[i] = below
      i = child
    }
    heap[i] = timer
  }
}

function isBefore(a: QueuedTimer, b: QueuedTimer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence)
}
