/** The trials of a study as its sampler sees them: with lists as scalars. Where there are no lists they are the same. */

import type { Space } from '../space/space.ts'
import type { FinishedTrial, Trial } from '../trial.ts'

/** Remembers what it has converted: between two calls `finished` must be the same array, only longer. */
export class ScalarTrials {
  readonly #space: Space
  readonly #finished: FinishedTrial[] = []

  constructor(space: Space) {
    this.#space = space
  }

  finished(trials: readonly FinishedTrial[]): readonly FinishedTrial[] {
    if (this.#space.scalar === this.#space) return trials
    for (const trial of trials.slice(this.#finished.length)) this.#finished.push(this.#scalar(trial))
    return this.#finished
  }

  pending(trials: readonly Trial[]): readonly Trial[] {
    return this.#space.scalar === this.#space ? trials : trials.map((trial) => this.#scalar(trial))
  }

  #scalar<T extends Trial>(trial: T): T {
    return { ...trial, config: this.#space.toScalar(trial.config) }
  }
}
