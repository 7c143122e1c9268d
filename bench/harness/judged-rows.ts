/** Rows of what samplers reached, by problem, budget and sampler, and how they compare with Optuna's TPE. */

import { quantileInterval, rankSum } from '@mabeam/ml'
import { isGain } from '../problems/judged-problem.ts'
import type { Searcher } from '../problems/judged-run.ts'
import type { FinishedRun } from './judged-work.ts'

export type Pick = 'observed' | 'posterior'

/** A median with the 95 % interval of it, null where the seeds are too few for an end. */
export interface Spread {
  readonly median: number
  readonly low: number | null
  readonly high: number | null
  /** By seed. */
  readonly values: readonly number[]
}

/** What one searcher reached on one problem with one budget. */
export interface Cell {
  readonly set: FinishedRun['set']
  readonly problem: string
  readonly budget: number
  readonly measure: string
  readonly by: Searcher
  readonly observed: Spread
  readonly posterior: Spread
  readonly cpuMsPerAsk: number
}

/** `better` and `worse` only where the intervals of the medians are apart. */
export type Verdict = 'better' | 'worse' | 'same'

/** In the order of the runs. */
export function cellsOf(runs: readonly FinishedRun[]): Cell[] {
  const groups = new Map<string, FinishedRun[]>()
  for (const run of runs) {
    for (const key of Object.keys(run.values)) {
      const [budget, , measure] = key.split('/')
      const name = [run.set, run.problem, budget, measure, run.by].join('/')
      const group = groups.get(name) ?? []
      if (group.at(-1) !== run) group.push(run)
      groups.set(name, group)
    }
  }
  return [...groups].map(([name, group]) => {
    const [set, problem, budget, measure, by] = name.split('/') as [
      FinishedRun['set'],
      string,
      string,
      string,
      Searcher,
    ]
    const spread = (pick: Pick) => spreadOf(group.map(({ values }) => values[`${budget}/${pick}/${measure}`] as number))
    const cpuMsPerAsk = group.reduce((sum, run) => sum + run.cpuMsPerAsk, 0) / group.length
    const picks = { observed: spread('observed'), posterior: spread('posterior') }
    return { set, problem, budget: Number(budget), measure, by, ...picks, cpuMsPerAsk }
  })
}

function spreadOf(values: readonly number[]): Spread {
  const { value, interval } = quantileInterval(values)
  const [low, high] = interval.map((end) => (Number.isFinite(end) ? end : null)) as [number | null, number | null]
  return { median: value, low, high, values }
}

export function verdictOf(ours: Spread, theirs: Spread, measure: string): Verdict {
  const isBelow = (a: Spread, b: Spread) => a.high !== null && b.low !== null && a.high < b.low
  if (isBelow(ours, theirs)) return isGain(measure) ? 'worse' : 'better'
  if (isBelow(theirs, ours)) return isGain(measure) ? 'better' : 'worse'
  return 'same'
}

/** How a searcher compares with another on all problems, each at its largest budget: ours by posterior mean, theirs as `pick` says. */
export interface Standing {
  readonly problems: number
  /** By the median alone. */
  readonly better: number
  readonly equal: number
  readonly clearlyBetter: number
  readonly clearlyWorse: number
}

export function standingOf(
  cells: readonly Cell[],
  { by, against, pick }: { readonly by: Searcher; readonly against: Searcher; readonly pick: Pick },
): Standing {
  const largest = new Map<string, Cell>()
  for (const cell of cells.filter((one) => one.by === by)) {
    if (cell.budget >= (largest.get(cell.problem)?.budget ?? 0)) largest.set(cell.problem, cell)
  }
  const standing = { problems: 0, better: 0, equal: 0, clearlyBetter: 0, clearlyWorse: 0 }
  for (const ours of largest.values()) {
    const other = counterpart(cells, ours, against)
    if (!other) continue
    const { posterior, measure } = ours
    const theirs = other[pick]
    const gain = (isGain(measure) ? 1 : -1) * (posterior.median - theirs.median)
    const verdict = verdictOf(posterior, theirs, measure)
    standing.problems++
    if (gain > 0) standing.better++
    if (gain === 0) standing.equal++
    if (verdict === 'better') standing.clearlyBetter++
    if (verdict === 'worse') standing.clearlyWorse++
  }
  return standing
}

/** The cell of another searcher for the same. */
export function counterpart(
  cells: readonly Cell[],
  { set, problem, budget, measure }: Cell,
  by: Searcher,
): Cell | undefined {
  return cells.find(
    (one) =>
      one.set === set && one.by === by && one.problem === problem && one.budget === budget && one.measure === measure,
  )
}

export interface JudgedRow {
  readonly [column: string]: number | string | null
}

/**
 * A row of a cell. `p` and `verdict`: our posterior pick against what Optuna's TPE was observed to have best, as its users get it;
 * `searchP` and `searchVerdict`: both by posterior mean, so that the searches are judged alone.
 */
export function rowOf(cell: Cell, tpe: Cell | undefined, stored: (sampler: string) => number | null): JudgedRow {
  const { set, problem, budget, measure, by, observed, posterior, cpuMsPerAsk } = cell
  const compared = (pick: Pick) =>
    tpe && by !== tpe.by
      ? { p: rankSum(posterior.values, tpe[pick].values).pTwoSided, verdict: verdictOf(posterior, tpe[pick], measure) }
      : { p: null, verdict: null }
  const { p, verdict } = compared('observed')
  const search = compared('posterior')
  return {
    set,
    problem,
    budget,
    measure,
    by,
    posterior: posterior.median,
    low: posterior.low,
    high: posterior.high,
    observed: observed.median,
    observedLow: observed.low,
    observedHigh: observed.high,
    p,
    verdict,
    searchP: search.p,
    searchVerdict: search.verdict,
    storedTpe5: stored('tpe5'),
    storedGp5: stored('gp5'),
    cpuMsPerAsk,
    values: listed(posterior.values),
    observedValues: listed(observed.values),
  }
}

function listed(values: readonly number[]): string {
  return values.map((value) => value.toPrecision(4)).join(' ')
}
