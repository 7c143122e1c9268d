/** What tuning found, as the report shows it. */

import type { ProgramState, Step, TuningReport } from '@mabeam/dspx'
import { type Objective, paretoFront } from '@mabeam/ml'
import { budgetTooSmall, noReadableAnswer } from '../errors.ts'
import type { FrontPoint, StudyResult } from '../result.ts'
import { stateChanges } from './changes.ts'
import type { SettledRequest } from './job-options.ts'
import { offeredTeleprompter, searchDefaults } from './offered-teleprompters.ts'
import { raisedLimits } from './raised-limits.ts'

/** The part of a result that tuning says. */
export type TuningPart = Pick<
  StudyResult,
  'race' | 'verdict' | 'ended' | 'budget' | 'front' | 'config' | 'changes' | 'chosen' | 'bestSoFar'
>

/**
 * Throws: `mabeam/budget-too-small` where not even the program as written was tried on all validation rows; `mabeam/no-readable-answer`
 * when no row of any state got an answer.
 */
export function checkFound({ steps, rows, budget }: TuningReport, limits: SettledRequest['limits']): void {
  const [given] = steps
  if (given?.isWhole !== true) {
    const tried = given?.rows ?? 0
    throw budgetTooSmall(rows.val, tried, raisedLimits(limits, { rows: rows.val, tried, spent: budget.spent }))
  }
  const isAnswered = steps.some(({ errors, rows: tried }) => errors < tried)
  if (!isAnswered) throw noReadableAnswer(steps.length, steps.at(-1)?.error ?? 'unknown')
}

/** Sums up a report. */
export function tuningFound(
  report: TuningReport,
  of: { readonly request: SettledRequest; readonly initial: ProgramState; readonly tuned: ProgramState },
): TuningPart {
  const whole = report.steps.filter(({ isWhole }) => isWhole)
  const winner = whole.find(({ candidate }) => candidate === report.winner) as Step
  return {
    race: {
      candidate: winner.candidate,
      accuracy: winner.mean,
      rows: winner.rows,
      finalists: whole.filter(({ candidate }) => candidate > 0).length,
    },
    verdict: report.verdict,
    ended: report.ended,
    budget: report.budget,
    front: frontPoints(whole),
    config: of.tuned.settings,
    changes: stateChanges(of.initial, of.tuned),
    chosen: pointOf(winner),
    bestSoFar: bestSoFar(report, of.request),
  }
}

const compared = [
  { name: 'accuracy', direction: 'maximise' },
  { name: 'costUsd', direction: 'minimise' },
  { name: 'latencyMs', direction: 'minimise' },
] as const satisfies readonly Objective[]

/** What was tried, before anybody says why it was kept or not. */
export type TriedStep = Omit<Step, 'kept' | 'why'>

/** Without known prices: in accuracy and latency. States that nobody answered for are left out. */
export function frontPoints(whole: readonly TriedStep[]): FrontPoint[] {
  const answered = whole.filter(({ values }) => values.latencyMs !== undefined)
  const isPriced = answered.every(({ values }) => values.costUsd !== undefined)
  const objectives = compared.filter(({ name }) => isPriced || name !== 'costUsd')
  return paretoFront(answered, objectives)
    .map(pointOf)
    .sort((a, b) => b.accuracy - a.accuracy || (a.latencyMsP50 ?? 0) - (b.latencyMsP50 ?? 0))
}

function pointOf({ candidate, origin, settings, mean, values }: TriedStep): FrontPoint {
  const { costUsd = null, latencyMs: latencyMsP50 = null } = values
  return { candidate, how: origin.how, accuracy: mean, costUsd, latencyMsP50, config: settings }
}

/** After each candidate that was tried on as many validation rows as a configuration of the search, or on all. */
export function bestSoFar(
  { steps, rows }: { readonly steps: readonly TriedStep[]; readonly rows: Pick<TuningReport['rows'], 'val'> },
  { teleprompter, rowsPerTrial }: SettledRequest,
): number[] {
  const isSearch = offeredTeleprompter(teleprompter).takes.includes('rowsPerTrial')
  const least = isSearch ? Math.min(rows.val, rowsPerTrial ?? searchDefaults.rowsPerTrial) : rows.val
  let best = 0
  return steps
    .filter((step) => step.rows >= least)
    .map(({ mean }) => {
      best = Math.max(best, mean)
      return best
    })
}
