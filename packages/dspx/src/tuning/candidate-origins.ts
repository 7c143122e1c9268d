/** Where a candidate comes from, as it is saved with its program. */

import type { LineageStep, Origins } from '../artefacts/lineage.ts'
import type { TuningReport } from './tuning-report.ts'

/** The most steps that are saved; the last ones. */
const lineageStepsMax = 100

/** The steps from the program as given, with the origins it has, to a candidate, what it was measured at, and what it was tuned from. */
export function candidateOrigins(before: Origins | undefined, report: TuningReport, candidate: number): Origins {
  if (candidate === 0) return before ?? { lineage: { steps: [] } }
  const step = report.steps.find((one) => one.candidate === candidate)
  const given = report.steps.find((one) => one.candidate === 0)
  const { verdict, teleprompter, seed } = report
  return {
    lineage: {
      ...(before?.digest !== undefined && { parent: before.digest }),
      teleprompter,
      steps: stepsTo(report, candidate),
    },
    study: { id: `${report.program} ${teleprompter}`, seed },
    measured: {
      values: step?.values ?? {},
      given: given?.values ?? {},
      rows: step?.rows ?? 0,
      verdict: candidate === report.winner ? verdict.type : null,
    },
  }
}

/** Ancestors first, each once, by the parents that proposals named. */
function stepsTo(report: TuningReport, candidate: number): LineageStep[] {
  const byNumber = new Map(report.steps.map((step) => [step.candidate, step]))
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
