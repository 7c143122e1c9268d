/**
 * Who wins, by trying: bids are accepted or not, densest first, and a branch is left as soon as it can't be better than what is
 * known. All in integers and without waiting: for few bids.
 */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { densestFirst, greedyWinners, Leftover, WinnerBound } from '../winner-bounds.ts'
import {
  checkWinnerProblem,
  type ProblemBid,
  type WinnerProblem,
  type WinnerSolution,
  type WinnerSolver,
  winnerSolution,
} from '../winner-determination.ts'

export interface BranchAndBoundOptions {
  /** Items of bids looked at before it answers with the best that it has: some fifty million a second. @default 20000000 */
  readonly workMax?: number
}

export const branchAndBoundDefaults = { workMax: 20_000_000 } as const satisfies Required<BranchAndBoundOptions>

/**
 * A solver that needs no thread. Beyond 1,000 bids it answers with what is quickly known. Its limit is one of work, not of time, so that the same problem has the same answer on every machine: the
 * time limit of an ask does nothing here.
 *
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`.
 * @example await branchAndBound().solve({ supply: [1, 1], bids: [{ items: [0, 1], quantity: 1, value: 7 }] })
 *   // => { winners: [0], value: 7, bound: 7, status: 'optimal', gap: 0 }
 */
export function branchAndBound(options: BranchAndBoundOptions = {}): WinnerSolver {
  checkOptions('branchAndBound', options, { workMax: rule.optional(rule.int(1)) })
  const { workMax } = { ...branchAndBoundDefaults, ...definedOptions(options) }
  return {
    name: 'branch-and-bound',
    async solve(problem, { signal } = {}) {
      signal?.throwIfAborted()
      checkWinnerProblem(problem)
      return bestWinners(problem, workMax)
    },
  }
}

/** Beyond so many bids it does not try: one branch lies within the other, on the stack. */
const searchedBidsMax = 1_000

function bestWinners(problem: WinnerProblem, workMax: number): WinnerSolution {
  const order = densestFirst(problem)
  const bids = order.map((place) => problem.bids[place] as ProblemBid)
  const left = new Leftover(problem.supply)
  const bounds = new WinnerBound(bids, problem.supply.length)
  const quickBound = bounds.of(0, left)
  const sizes = remainingSizes(bids)
  const chosen: number[] = []
  let winners = greedyWinners(problem)
  let best = winners.reduce((sum, place) => sum + (problem.bids[place]?.value ?? 0), 0)
  let work = 0

  /** Whether all was looked at. */
  function search(from: number, value: number): boolean {
    if (value > best) {
      best = value
      winners = chosen.map((bid) => order[bid] as number)
    }
    for (let at = from; at < bids.length; at++) {
      const bid = bids[at] as ProblemBid
      if (!left.fits(bid)) continue
      work += sizes[at] ?? 0
      if (work > workMax) return false
      if (value + bounds.of(at, left) <= best) return true
      left.take(bid)
      chosen.push(at)
      const isDone = search(at + 1, value + bid.value)
      chosen.pop()
      left.giveBack(bid)
      if (!isDone) return false
    }
    return true
  }

  const isProven = bids.length <= searchedBidsMax && search(0, 0)
  const bound = isProven ? best : Math.max(best, quickBound)
  return winnerSolution(problem, { solver: 'branch-and-bound', winners, bound })
}

/** By place, the items that the bids from there on name, and the bids themselves. */
function remainingSizes(bids: readonly ProblemBid[]): readonly number[] {
  const sizes: number[] = []
  let size = 0
  for (let at = bids.length - 1; at >= 0; at--) {
    size += 1 + (bids[at]?.items.length ?? 0)
    sizes[at] = size
  }
  return sizes
}
