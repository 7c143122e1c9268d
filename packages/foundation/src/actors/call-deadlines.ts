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

/** Calls that fall due in the order they were made: those with one timeout, or under one deadline that others share. */
interface Lane {
  readonly key: number | object
  first: Deadline | undefined
  last: Deadline | undefined
  cancel: CancelTimer | undefined
}

/** *Runs in* the caller's turn (`add`, `remove`) and in a timer of the clock (`onDue`). */
export class CallDeadlines {
  readonly #clock: Clock
  readonly #lanes = new Map<number | object, Lane>()
  #recent: Lane | undefined
  /** While somebody waits the process does not end under them; timers of their own would be set and cleared for each call. */
  #release: CancelTimer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `shared` is the deadline of the work the call is part of, where that is what bounds it. */
  add(deadline: Deadline, timeoutMs: number, shared?: object): void {
    const key = shared ?? timeoutMs
    const lane = this.#recent?.key === key ? this.#recent : this.#lane(key)
    deadline.dueMs = this.#clock.monotonicMs() + timeoutMs
    deadline.lane = lane
    deadline.earlier = lane.last
    if (lane.last === undefined) lane.first = deadline
    else lane.last.later = deadline
    lane.last = deadline
    if (lane.cancel === undefined) this.#arm(lane, timeoutMs)
    if (this.#release === undefined) this.#hold()
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
    if (lane !== this.#recent) this.#dropIdle(lane)
  }

  /** Cancels every timer; deadlines still there never fall due. */
  clear(): void {
    for (const lane of this.#lanes.values()) lane.cancel?.()
    this.#lanes.clear()
    this.#recent = undefined
    this.#release?.()
    this.#release = undefined
  }

  #hold(): void {
    this.#release = this.#clock.hold?.(() => {
      for (const lane of this.#lanes.values()) if (lane.first !== undefined) return true
      this.#release = undefined
      return false
    })
  }

  #lane(key: number | object): Lane {
    let lane = this.#lanes.get(key)
    if (lane === undefined) {
      lane = { key, first: undefined, last: undefined, cancel: undefined }
      this.#lanes.set(key, lane)
    }
    const before = this.#recent
    this.#recent = lane
    if (before !== undefined) this.#dropIdle(before)
    return lane
  }

  /**
   * There are few timeouts, and as many shared deadlines as there is work: those leave nothing behind, but for the one used
   * last, whose timer serves the next call of the same work.
   */
  #dropIdle(lane: Lane): void {
    if (lane.first === undefined && typeof lane.key === 'object') this.#drop(lane)
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
    this.#drop(lane)
  }

  #drop(lane: Lane): void {
    lane.cancel?.()
    lane.cancel = undefined
    this.#lanes.delete(lane.key)
    if (this.#recent === lane) this.#recent = undefined
  }
}
