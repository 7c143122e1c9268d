/** A trial that a loop has asked and not ended: collects its measurements until they make an end. */

import type { Trial } from '../trial.ts'
import type { Ending } from './loop-trial.ts'
import { repeatedOutcome } from './repeated-outcome.ts'
import type { TrialOutcome } from './trial-outcome.ts'

export class OpenTrial {
  readonly trial: Trial
  readonly repeats: number
  readonly #outcomes: TrialOutcome[] = []
  /** Settles with the write of its end. */
  readonly told = Promise.withResolvers<void>()
  #ending: Ending | undefined

  constructor(trial: Trial, repeats: number) {
    this.trial = trial
    this.repeats = repeats
    // Whoever tells gets it too; a loop that fails says so itself.
    this.told.promise.catch(() => {})
  }

  /** How the trial ended; undefined while measurements are missing. */
  get ending(): Ending | undefined {
    return this.#ending
  }

  /** Takes one measurement, and says whether the trial has ended by it. Requires: not ended. */
  add(ending: Ending): boolean {
    if (ending.type !== 'complete') {
      this.#ending = ending
      return true
    }
    this.#outcomes.push(ending.outcome)
    if (this.#outcomes.length < this.repeats) return false
    this.#ending = this.repeats === 1 ? ending : { type: 'complete', outcome: repeatedOutcome(this.#outcomes) }
    return true
  }
}
