/**
 * Deadlines of many calls at the price of few timers: calls with the same timeout fall due in the order they were
 * made, so each timeout has a linked list and one timer, and a call that is answered in time only unlinks itself.
 */

import type { CancelTimer, Clock } from '../clock.ts'

/** One deadline; fields but `onDue` are owned by `CallDeadlines`. */
export abstract class Deadline {
  dueMs = 0
  lane: Lane | undefined
  earlier: Deadline | undefined
  later: Deadline | undefined

  /** Called once, when the time has come and the deadline was not removed. Must not throw. */
  abstract onDue(): void
}

interface Lane {
  readonly timeoutMs: number
  first: Deadline | undefined
  last: Deadline | undefined
  cancel: CancelTimer | undefined
}

/** *Runs in* the caller's turn (`add`, `remove`) and in a timer of the clock (`onDue`). */
export class CallDeadlines {
  readonly #clock: Clock
  readonly #lanes = new Map<number, Lane>()
  #recent: Lane | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(deadline: Deadline, timeoutMs: number): void {
    const lane = this.#recent?.timeoutMs === timeoutMs ? this.#recent : this.#lane(timeoutMs)
    deadline.dueMs = this.#clock.monotonicMs() + timeoutMs
    deadline.lane = lane
    deadline.earlier = lane.last
    if (lane.last === undefined) lane.first = deadline
    else lane.last.later = deadline
    lane.last = deadline
    if (lane.cancel === undefined) this.#arm(lane, timeoutMs)
  }

  /** Harmless when it is not there any more. */
  remove(deadline: Deadline): void {
    const lane = deadline.lane
    if (lane === undefined) return
    if (deadline.earlier === undefined) lane.first = deadline.later
    else deadline.earlier.later = deadline.later
    if (deadline.later === undefined) lane.last = deadline.earlier
    else deadline.later.earlier = deadline.earlier
    deadline.lane = undefined
    deadline.earlier = undefined
    deadline.later = undefined
  }

  /** Cancels every timer; deadlines still there never fall due. */
  clear(): void {
    for (const lane of this.#lanes.values()) lane.cancel?.()
    this.#lanes.clear()
    this.#recent = undefined
  }

  #lane(timeoutMs: number): Lane {
    let lane = this.#lanes.get(timeoutMs)
    if (lane === undefined) {
      lane = { timeoutMs, first: undefined, last: undefined, cancel: undefined }
      this.#lanes.set(timeoutMs, lane)
    }
    this.#recent = lane
    return lane
  }

  #arm(lane: Lane, delayMs: number): void {
    lane.cancel = this.#clock.setTimer(delayMs, () => this.#onTimer(lane), { unref: true })
  }

  #onTimer(lane: Lane): void {
    lane.cancel = undefined
    const nowMs = this.#clock.monotonicMs()
    for (let due = lane.first; due !== undefined && due.dueMs <= nowMs; due = lane.first) {
      this.remove(due)
      due.onDue()
    }
    if (lane.cancel !== undefined) return
    if (lane.first !== undefined) return void this.#arm(lane, Math.max(1, lane.first.dueMs - nowMs))
    this.#lanes.delete(lane.timeoutMs)
    if (this.#recent === lane) this.#recent = undefined
  }
}
