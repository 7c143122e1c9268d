/** What a study has found, by models of all its trials: fitted when asked for, and kept until another trial has ended. */

import { type Importance, type ImportanceOptions, importanceOf } from '../insight/importance.ts'
import { type Measurements, measuredOf, type RecommendedTrial, recommendedFrom } from '../recommend/recommend.ts'
import { addTrial, emptyHistory, type History } from '../samplers/gp/history.ts'
import type { FinishedTrial } from '../trial.ts'
import { type Explanation, explanationOf } from './explanation.ts'
import type { ScalarTrials } from './scalar-trials.ts'
import type { ExpectedTrial, Study } from './study.ts'

/** What models said when so many trials had ended. */
interface Found {
  readonly trials: number
  readonly best: ExpectedTrial | undefined
  readonly runnerUp: ExpectedTrial | undefined
  readonly front: readonly ExpectedTrial[]
}

export class StudyFindings {
  readonly #study: Study
  readonly #scalars: ScalarTrials
  /** Measured trials as models see them, with what was fitted to them: only what was told since is added. */
  #history: History | undefined
  #found: Found = { trials: 0, best: undefined, runnerUp: undefined, front: [] }

  constructor(study: Study, scalars: ScalarTrials) {
    this.#study = study
    this.#scalars = scalars
  }

  get best(): ExpectedTrial | undefined {
    return this.#now().best
  }

  get front(): readonly ExpectedTrial[] {
    return this.#now().front
  }

  importance(options: ImportanceOptions): Importance[] {
    return importanceOf(this.#measurements(), options)
  }

  /** `samplerSays`: by what the next trial is proposed; undefined where none will be. */
  explain(samplerSays: string | undefined): Explanation {
    const { best, runnerUp } = this.#now()
    return explanationOf(this.#study, {
      samplerSays,
      best,
      runnerUp,
      importance: this.importance({}),
      scalarTrials: this.#scalars.finished(this.#study.finished),
    })
  }

  #now(): Found {
    const { finished } = this.#study
    if (this.#found.trials === finished.length) return this.#found
    const picked = this.#recommended()
    const expected = this.#asGiven()
    this.#found = {
      trials: finished.length,
      best: picked && expected(picked.best),
      runnerUp: picked?.runnerUp && expected(picked.runnerUp),
      front: picked?.front.map(expected) ?? [],
    }
    return this.#found
  }

  #recommended() {
    const measurements = this.#measurements()
    const measured = measuredOf(measurements)
    this.#history ??= emptyHistory(measurements)
    for (const trial of measured.slice(this.#history.points.length)) addTrial(this.#history, trial)
    return recommendedFrom(this.#history, measured)
  }

  /** The study as models see it: lists as scalars. */
  #measurements(): Measurements {
    const { space, objectives, limits, finished } = this.#study
    return { space: space.scalar, objectives, limits, finished: this.#scalars.finished(finished) }
  }

  /** Turns what is recommended back into a trial as it was asked. */
  #asGiven(): (one: RecommendedTrial) => ExpectedTrial {
    const byNumber = new Map(this.#study.finished.map((trial) => [trial.number, trial]))
    return ({ trial, ...expected }) => ({ ...(byNumber.get(trial.number) as FinishedTrial), ...expected })
  }
}
