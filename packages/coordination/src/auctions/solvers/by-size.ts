/** Who wins, by the solver that suits: what is soon proven by trying is, and all else is for a solver that may take long. */

import { type WinnerSolution, type WinnerSolver, winnerSolution } from '../winner-determination.ts'
import { branchAndBound } from './branch-and-bound.ts'

/** Up to so many bids are tried as long as `branchAndBound` does; more get a short try. */
export const triedBidsMax = 40

/** A short try takes some milliseconds, however many bids there are. Sets that overlap little are proven by then. */
const shortTry = { workMax: 500_000 }

/** What trying does not prove goes on to `large`; the better answer and the tighter bound of both count. */
export function bySize(large: WinnerSolver): WinnerSolver {
  return {
    name: 'by-size',
    async solve(problem, options) {
      const isFew = problem.bids.length <= triedBidsMax
      const tried = await branchAndBound(isFew ? {} : shortTry).solve(problem, options)
      if (tried.status === 'optimal') return tried
      const solved = await large.solve(problem, options)
      const { winners } = better(solved, tried)
      return winnerSolution(problem, { solver: large.name, winners, bound: Math.min(solved.bound, tried.bound) })
    },
  }
}

function better(one: WinnerSolution, other: WinnerSolution): WinnerSolution {
  return one.value >= other.value ? one : other
}
