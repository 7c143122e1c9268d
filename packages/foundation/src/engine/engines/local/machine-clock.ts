/** A clock that all processes of a machine share, so that a time written by one means the same to the next. */

import { type Clock, systemClock } from '../../../clock.ts'

/** What the last hub left of its time. */
export interface LeftTime {
  /** How far its clock was ahead of the system's. */
  readonly aheadMs: number
  /** The latest time it wrote. */
  readonly lastMs: number
}

export interface MachineClock extends Clock {
  readonly aheadMs: number
}

/**
 * The system's monotonic clock, which begins with the machine. What was written before a restart of the machine is not in the
 * future: the clock goes on from there then, and the time in between does not count.
 */
export function machineClock({ aheadMs: leftMs, lastMs }: LeftTime): MachineClock {
  const machineMs = () => Number(process.hrtime.bigint()) / 1e6
  const nowMs = machineMs()
  const aheadMs = nowMs + leftMs >= lastMs ? leftMs : lastMs - nowMs
  return { ...systemClock, aheadMs, monotonicMs: () => machineMs() + aheadMs }
}
