/** Where a candidate comes from, as it is saved with its program. */

import type { LineageStep, Origins } from '../artefacts/lineage.ts'
import type { Step, TuningReport } from './tuning-report.ts'

/** The most steps that are saved; the last ones. */
const lineageStepsMax = 100

/**
 * Of any candidate of a report: the steps to it from the program as given, with the origins that has, what it was measured at, and what
 * it was tuned from.
 */
export function candidateOrigins(before: Origins | undefined, report: TuningReport): (candidate: number) => Origins {
  const { verdict, teleprompter, seed, winner } = report
  const steps = new Map(report.steps.map((step) => [step.candidate, step]))
  return (candidate) => {
    if (candidate === 0) return before ?? { lineage: { steps: [] } }
    const step = steps.get(candidate)
    return {
      lineage: {
        ...(before?.digest !== undefined && { parent: before.digest }),
        teleprompter,
        steps: stepsTo(steps, candidate),
      },
      study: { id: `${report.program} ${teleprompter}`, seed },
      measured: {
        values: step?.values ?? {},
        given: steps.get(0)?.values ?? {},
        rows: step?.rows ?? 0,
        verdict: candidate === winner ? verdict.type : null,
      },
    }
  }
}

/** Ancestors first, each once, by the parents that proposals named. */
function stepsTo(byNumber: ReadonlyMap<number, Step>, candidate: number): LineageStep[] {
  const wanted = new Set<number>()
  const open = [candidate]
  while (open.length > 0) {
    const number = open.pop() as number
    if (wanted.has(number)) continue
    wanted.add(number)
    open.push(...(byNumber.get(number)?.origin.parents ?? []))
  }
  return [...wanted]
    .sort((a, b) => a - b)
    .flatMap((number) => byNumber.get(number) ?? [])
    .map(({ candidate: at, origin, mean, rows }) => ({ candidate: at, how: origin.how, mean, rows }))
    .slice(-lineageStepsMax)
}
