/** A problem of who wins as HiGHS takes it, and what its answer in floating point is worth in whole numbers. */

import { greedyWinners, quickBound } from '../winner-bounds.ts'
import { type ProblemBid, type WinnerProblem, type WinnerSolution, winnerSolution } from '../winner-determination.ts'
import type { HighsAnswer, HighsModel } from './highs-message.ts'

/** The largest value, in units of the values' common divisor, up to which what HiGHS proves in doubles is taken for proven. */
const provenValueMax = 1e9
/** How far HiGHS' bound may be off below that: far less than the 1 by which whole values differ. */
const boundSlack = 0.01
/** The same above it, as a share: such an answer is good, and not proven. */
const boundSlackShare = 1e-6

/**
 * A column a bid, worth its value in units of the greatest common divisor of all; a row for each item that could run out and for each
 * group of several bids.
 */
export function highsModel({ supply, bids }: WinnerProblem): HighsModel {
  const unit = commonDivisor(bids)
  const rowUpper: number[] = []
  const newRow = (upper: number) => rowUpper.push(upper) - 1
  const wanted = supply.map(() => 0)
  const members = new Map<number, number>()
  for (const { items, quantity, group } of bids) {
    for (const item of items) wanted[item] = (wanted[item] ?? 0) + quantity
    if (group !== undefined) members.set(group, (members.get(group) ?? 0) + 1)
  }
  const itemRows = supply.map((units, item) => ((wanted[item] ?? 0) > units ? newRow(units) : undefined))
  const shared = [...members].filter(([, count]) => count > 1)
  const groupRows = new Map(shared.map(([group]) => [group, newRow(1)]))
  const starts = [0]
  const rows: number[] = []
  const coefficients: number[] = []
  for (const { items, quantity, group } of bids) {
    for (const item of items) {
      const row = itemRows[item]
      if (row === undefined) continue
      rows.push(row)
      coefficients.push(quantity)
    }
    const groupRow = group === undefined ? undefined : groupRows.get(group)
    if (groupRow !== undefined) {
      rows.push(groupRow)
      coefficients.push(1)
    }
    starts.push(rows.length)
  }
  return {
    costs: Float64Array.from(bids, ({ value }) => value / unit),
    rowUpper: Float64Array.from(rowUpper),
    starts: Int32Array.from(starts),
    rows: Int32Array.from(rows),
    coefficients: Float64Array.from(coefficients),
  }
}

/**
 * What HiGHS answered, rounded and counted again in integers; where it has found nothing better in time, the bids accepted greedily.
 *
 * Ensures: `optimal` only if whole numbers leave no room for anything better. Throws: `coordination/solver-wrong`.
 */
export function highsSolution(
  problem: WinnerProblem,
  { values, dualBound }: Extract<HighsAnswer, { type: 'solved' }>,
): WinnerSolution {
  const known = knownSolution(problem)
  const unit = commonDivisor(problem.bids)
  const bound = Number.isFinite(dualBound) ? Math.min(wholeBound(dualBound) * unit, known.bound) : known.bound
  const winners = [...(values ?? [])].flatMap((value, place) => (value > 0.5 ? [place] : []))
  const found = winnerSolution(problem, { solver: 'highs', winners, bound })
  return found.value >= known.value
    ? found
    : winnerSolution(problem, { solver: 'highs', winners: known.winners, bound })
}

/** What is known without HiGHS. */
export function knownSolution(problem: WinnerProblem): WinnerSolution {
  return winnerSolution(problem, {
    solver: 'greedy',
    winners: greedyWinners(problem),
    bound: quickBound(problem),
  })
}

function wholeBound(dualBound: number): number {
  if (dualBound > provenValueMax) return Math.ceil(dualBound * (1 + boundSlackShare))
  return Math.max(0, Math.floor(dualBound + boundSlack))
}

function commonDivisor(bids: readonly ProblemBid[]): number {
  let divisor = 0
  for (const { value } of bids) {
    let [a, b] = [value, divisor]
    while (b !== 0) [a, b] = [b, a % b]
    divisor = a
  }
  return Math.max(1, divisor)
}
