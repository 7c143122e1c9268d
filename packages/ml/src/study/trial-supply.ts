/** Whether a loop over a study gets another trial: by its budget, its stops and what is left of a finite space. */

import type { Trial } from '../trial.ts'
import { type StopOptions, type StopReason, stopReason } from './stops.ts'
import type { Study } from './study.ts'

/** Why nothing more is asked: the budget is used, a finite space has no configuration left, or one of the `stops`. */
export type EndReason = 'budget' | 'exhausted' | StopReason

export interface SupplyOptions {
  readonly budget: number
  readonly duplicates: boolean
  readonly stops: StopOptions
}

export class TrialSupply {
  readonly #study: Study
  readonly #options: SupplyOptions
  readonly #startedMs: number
  #ended: EndReason | undefined

  constructor(study: Study, options: SupplyOptions) {
    this.#study = study
    this.#options = options
    this.#startedMs = study.clock.monotonicMs()
  }

  /** Why nothing more is asked; undefined while there may be more. */
  get ended(): EndReason | undefined {
    return this.#ended
  }

  get elapsedMs(): number {
    return this.#study.clock.monotonicMs() - this.#startedMs
  }

  /** Asks, when there shall be another trial beside `open` ones that were asked and not ended. Throws: as `Study.ask`. */
  next(open: number): Trial | undefined {
    const { budget } = this.#options
    this.#ended ??= this.#reason(open)
    return this.#ended ? undefined : this.#study.ask(budget)
  }

  #reason(open: number): EndReason | undefined {
    const study = this.#study
    const { budget, duplicates, stops } = this.#options
    if (study.finished.length + open >= budget) return 'budget'
    const reason = stopReason(study, stops, this.elapsedMs)
    if (reason) return reason
    return !duplicates && study.exhausted ? 'exhausted' : undefined
  }
}
