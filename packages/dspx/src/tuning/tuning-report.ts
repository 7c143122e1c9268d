/** The report of a tuning run, as plain JSON: what was tried, on what evidence it was kept or not, and what it cost. */

import type { Random } from '@mabeam/foundation'
import type { Config, Objective } from '@mabeam/ml'
import type { UnknownWork } from '../evaluation/ledger-state.ts'
import type { BudgetAmounts } from '../models/budget/budget.ts'
import { addUsage, noUsage, type Usage } from '../models/usage.ts'
import type { CandidateFailure } from './candidate-failure.ts'
import type { TriedCandidate } from './candidates.ts'
import type { FailedProposals } from './failed-proposal.ts'
import { frontOf, ranked } from './ranking.ts'
import type { Evidence, Origin } from './teleprompter.ts'
import type { TuningEnd, TuningOutcome } from './tuning-run.ts'
import { type Comparison, compareAll, compareTwo, significance, type Verdict } from './verdict.ts'

/** One candidate: what it was, how it did, and what became of it. */
export interface Step {
  readonly candidate: number
  readonly origin: Origin
  readonly settings: Config
  /** How many rows it was tried on, and their mean score. */
  readonly rows: number
  readonly mean: number
  /** Of these, rows without an answer: they score 0. */
  readonly errors: number
  /** Why the last of them has none. */
  readonly error?: string
  /** Why it cannot be used, where a model refuses it: then it was not tried on all rows, and is never the winner. */
  readonly failure?: string
  /** Whether it was tried on all validation rows. */
  readonly isWhole: boolean
  readonly values: { readonly [name: string]: number }
  readonly kept: boolean
  /** Why it was kept or not, in plain words. */
  readonly why: string
}

/** Plain JSON. */
export interface TuningReport {
  readonly version: 1
  readonly program: string
  readonly teleprompter: string
  readonly objectives: readonly Objective[]
  readonly seed: number
  readonly rows: { readonly train: number; readonly val: number }
  readonly ended: TuningEnd
  /** In which words the budget refused the call or row that was next, where one was refused. */
  readonly endedBy?: string
  readonly winner: number
  readonly verdict: Verdict
  /** The best candidates and those of the front against the program as given; corrected for all that were tried. */
  readonly comparisons: readonly Comparison[]
  /** The winner against the next best. */
  readonly runnerUp?: Comparison
  readonly front: readonly number[]
  readonly steps: readonly Step[]
  readonly notes: readonly string[]
  /** What models were asked to write and did not; absent where nothing failed. */
  readonly failedProposals?: FailedProposals
  /** What the rows that were tried took, as if nothing had been cached. */
  readonly usage: Usage
  /** What the teleprompter asked itself took. */
  readonly ownUsage: Usage
  readonly budget: TuningBudgetReport
  /** Where the work was resumed: what it found, and what was under way when it had ended. */
  readonly resumed?: { readonly rows: number; readonly unknown: UnknownWork }
}

/** What was allowed and what was spent, by all runs of resumed work; `null` stands for no limit. Plain JSON. */
export interface TuningBudgetReport {
  readonly limits: { readonly [part in 'calls' | 'tokens' | 'usd' | 'ms']: number | null }
  /** Calls of the teleprompter included, and the worst case of calls whose end nobody knows. */
  readonly spent: BudgetAmounts & { readonly ms: number }
}

/** What a report is made of. */
export interface ReportSource {
  readonly program: string
  readonly teleprompter: string
  readonly objectives: readonly Objective[]
  readonly seed: number
  readonly rows: TuningReport['rows']
  readonly outcome: TuningOutcome
  readonly notes: readonly string[]
  readonly ownUsage: Usage
  readonly budget: TuningBudgetReport
  readonly resumed?: TuningReport['resumed']
  readonly random: Random
}

/** Judges what a run found. */
export function tuningReport(source: ReportSource): TuningReport {
  const { outcome, objectives, random, notes, rows, resumed, ...said } = source
  const { candidates, ended, endedBy, failedProposals } = outcome
  const whole = candidates.wholes()
  const order = ranked(whole, objectives)
  const given = whole.find(({ candidate }) => candidate === 0)
  const winner = order[0]?.candidate ?? 0
  const [first, second] = order
  const front = frontOf(whole, objectives).map(({ candidate }) => candidate)
  const best = new Set([...front, ...order.slice(0, comparedMax).map(({ candidate }) => candidate)])
  const told = (candidate: number) => candidate === winner || best.has(candidate)
  const comparisons = given === undefined ? [] : compareAll(whole, given, { told, random })
  const steps = candidates.all.flatMap((one) => {
    return stepOf(one, candidates.whole(one), { order, front, failed: candidates.failed(one) })
  })
  const usage = candidates.all
    .flatMap((one) => [...one.rows.values()])
    .reduce((sum, row) => addUsage(sum, row.usage), noUsage)
  return {
    version: 1,
    ...said,
    objectives,
    rows,
    ended,
    ...(endedBy !== undefined && { endedBy }),
    winner,
    verdict: verdictOf(winner, { comparisons, ended, others: whole.length - 1 }),
    comparisons,
    ...(first && second && { runnerUp: compareTwo(first, second, random) }),
    front,
    steps,
    notes: [...notes, ...outcome.notes],
    ...(failedProposals && { failedProposals }),
    ...(resumed && { resumed }),
    usage,
  }
}

/** The most candidates, beside those of the front, that are compared one by one with the program as given. */
const comparedMax = 20

function verdictOf(
  winner: number,
  found: { readonly comparisons: readonly Comparison[]; readonly ended: TuningEnd; readonly others: number },
): Verdict {
  const { comparisons, ended, others } = found
  if (others <= 0 || comparisons.length === 0)
    return { type: 'unjudged', reason: ended === 'budget' ? 'budget' : 'nothing-else-tried' }
  const own = comparisons.find(({ candidate }) => candidate === winner)
  if (own !== undefined) return { type: own.p <= significance ? 'better' : 'tie', ...own }
  // the program as given has won: it ties with itself
  const rows = comparisons[0]?.rows ?? 0
  return { type: 'tie', candidate: winner, against: 0, difference: 0, ci95: [0, 0], p: 1, rows }
}

function stepOf(
  one: TriedCandidate,
  whole: Evidence | undefined,
  at: {
    readonly order: readonly Evidence[]
    readonly front: readonly number[]
    readonly failed: CandidateFailure | undefined
  },
): Step[] {
  const { number: candidate, origin, state } = one
  const rows = [...one.rows.values()]
  if (rows.length === 0) return []
  const place = at.order.findIndex((other) => other.candidate === candidate)
  const mean = whole?.mean ?? rows.reduce((sum, { score }) => sum + score, 0) / rows.length
  const kept = place === 0 || at.front.includes(candidate)
  const tried = whole?.rows ?? rows
  const failed = tried.filter(({ error }) => error !== undefined)
  const error = failed.at(-1)?.error?.message
  return [
    {
      candidate,
      origin,
      settings: state.settings,
      rows: tried.length,
      mean,
      errors: failed.length,
      ...(error !== undefined && { error }),
      ...(at.failed && { failure: at.failed.error.message }),
      isWhole: whole !== undefined,
      values: whole?.values ?? {},
      kept,
      why: at.failed ? failedWhy(at.failed) : whyOf(place, kept, at.order.length),
    },
  ]
}

function failedWhy({ fault, error }: CandidateFailure): string {
  return `not kept: a model refuses it (${fault}): ${error.message}`
}

function whyOf(place: number, kept: boolean, of: number): string {
  if (place < 0)
    return 'not kept: it was not tried on all validation rows, since others did better on those it was tried on or the search ended'
  if (place === 0) return 'kept: the best by the objectives'
  if (kept) return `kept on the front: place ${place + 1} of ${of}, but no other is better in all objectives`
  return `not kept: place ${place + 1} of ${of}, and another is better or as good in all objectives`
}
