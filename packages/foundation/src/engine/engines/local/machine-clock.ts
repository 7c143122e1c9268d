/** Clocks that all processes of a machine share, so that a time written by one means the same to the next. */

import { type CancelTimer, type Clock, systemClock } from '../../../clock.ts'

/** The system's monotonic clock, which begins with the machine and not with the process. */
export const machineClock: Clock = { ...systemClock, monotonicMs: () => Number(process.hrtime.bigint()) / 1e6 }

/** What the last hub left of its time. */
export interface LeftTime {
  /** How far its clock was ahead of the machine's. */
  readonly aheadMs: number
  /** The latest time it wrote. */
  readonly lastMs: number
}

/** The time of a log, which goes on from one hub to the next. */
export class LogClock implements Clock {
  readonly #machine: Clock
  #aheadMs = 0

  constructor(machine: Clock) {
    this.#machine = machine
  }

  /** How far it is ahead of the machine's. */
  get aheadMs(): number {
    return this.#aheadMs
  }

  nowMs(): number {
    return this.#machine.nowMs()
  }

  monotonicMs(): number {
    return this.#machine.monotonicMs() + this.#aheadMs
  }

  setTimer(delayMs: number, run: () => void, options?: { readonly unref?: boolean }): CancelTimer {
    return this.#machine.setTimer(delayMs, run, options)
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
