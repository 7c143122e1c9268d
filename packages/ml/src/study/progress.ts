/** How far a run is, as plain data: for a progress line, a dashboard, a log. */

import type { FinishedTrial } from '../trial.ts'

export interface StudyProgress {
  /** Finished trials of the study, earlier runs included, and how many there shall be. */
  readonly trials: number
  readonly budget: number
  /** Finished in this run, and how many of these failed. */
  readonly trialsThisRun: number
  readonly failed: number
  readonly running: number
  /** Best observed value of the first objective so far. */
  readonly observedBest: FinishedTrial | undefined
  /** Finished trials a second in this run; 0 before the clock has moved. */
  readonly ratePerSec: number
  /** At that rate; undefined while there is none. */
  readonly secondsLeft: number | undefined
  readonly seconds: number
}

/** Adds rate and time left. @example withRate({ trials: 5, budget: 10, trialsThisRun: 5, … }, 2).secondsLeft // => 2 */
export function withRate(
  counts: Omit<StudyProgress, 'ratePerSec' | 'secondsLeft' | 'seconds'>,
  seconds: number,
): StudyProgress {
  const ratePerSec = seconds > 0 ? counts.trialsThisRun / seconds : 0
  const left = Math.max(0, counts.budget - counts.trials)
  return { ...counts, seconds, ratePerSec, secondsLeft: ratePerSec > 0 ? left / ratePerSec : undefined }
}
