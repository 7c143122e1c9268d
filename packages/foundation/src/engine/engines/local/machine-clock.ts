/** A clock that all processes of a machine share, so that a time written by one means the same to the next. */

import { type Clock, systemClock } from '../../../clock.ts'

/** What the last hub left of its time. */
export interface LeftTime {
  /** How far its clock was ahead of the system's. */
  readonly aheadMs: number
  /** The latest time it wrote. */
  readonly lastMs: number
}

/** The system's monotonic clock, which begins with the machine. */
export class MachineClock implements Clock {
  readonly nowMs = systemClock.nowMs
  readonly setTimer = systemClock.setTimer
  #aheadMs = 0

  /** How far it is ahead of the system's. */
  get aheadMs(): number {
    return this.#aheadMs
  }

  monotonicMs(): number {
    return Number(process.hrtime.bigint()) / 1e6 + this.#aheadMs
  }

  /**
   * Goes on from what another one left. What was written before a restart of the machine is not in the future: the time from then until
   * now does not count.
   */
  goOnFrom({ aheadMs, lastMs }: LeftTime): void {
    this.#aheadMs = aheadMs
    this.#aheadMs += Math.max(0, lastMs - this.monotonicMs())
  }
}
