/** What trials reported on their way: kept by trial, steps ascending, and shown to the pruner. */

import { invalidReport } from '../errors.ts'
import type { Objective } from '../objective.ts'
import type { PruneContext, Report, ReportedTrial } from '../pruner.ts'
import type { FinishedTrial } from '../trial.ts'

/** The most steps one trial may report. */
export const reportsMax = 10_000

/** The reports of pending trials. */
export class Reports {
  readonly #pending = new Map<number, Report[]>()

  /**
   * Adds a report and returns all of the trial; a step reported again gets the new value.
   *
   * Throws: `ml/invalid-report` for a step that is no integer from 0, a value that isn't finite, and one step past `reportsMax`.
   */
  add(trial: number, report: Report): readonly Report[] {
    const { step, value } = report
    if (!Number.isSafeInteger(step) || step < 0) throw invalidReport(trial, 'a step that is an integer from 0', step)
    if (!Number.isFinite(value)) throw invalidReport(trial, 'a finite value', value)
    const reports = this.#pending.get(trial) ?? []
    let at = reports.length
    while (at > 0 && (reports[at - 1] as Report).step >= step) at--
    const again = reports[at]?.step === step
    if (!again && reports.length >= reportsMax) throw invalidReport(trial, `at most ${reportsMax} steps`, step)
    reports.splice(at, again ? 1 : 0, { step, value })
    this.#pending.set(trial, reports)
    return reports
  }

  of(trial: number): readonly Report[] {
    return this.#pending.get(trial) ?? []
  }

  /** Takes the reports of a trial that ends. */
  take(trial: number): readonly Report[] {
    const reports = this.of(trial)
    this.#pending.delete(trial)
    return reports
  }

  /** What a pruner sees when it judges `trial`. */
  contextOf(trial: number, objective: Objective, finished: readonly FinishedTrial[]): PruneContext {
    const others: ReportedTrial[] = []
    for (const { number, state, values, reports } of finished) {
      if (!reports) continue
      others.push({ number, state, value: state === 'complete' ? values[objective.name] : undefined, reports })
    }
    for (const [number, reports] of this.#pending) {
      if (number !== trial) others.push({ number, state: 'pending', value: undefined, reports })
    }
    others.sort((a, b) => a.number - b.number)
    return { trial, objective, others }
  }
}
