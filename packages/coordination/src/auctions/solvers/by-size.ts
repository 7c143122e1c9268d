/** Who wins, by the solver that suits: few bids are tried at once, many are HiGHS' to solve. */

import type { WinnerSolver } from '../winner-determination.ts'
import { branchAndBound } from './branch-and-bound.ts'

/** Up to so many bids are tried without a thread. */
export const triedBidsMax = 40

/** What is tried and not proven within the branches that it may take goes on to `large` as well. */
export function bySize(large: WinnerSolver): WinnerSolver {
  const small = branchAndBound()
  return {
    name: 'by-size',
    async solve(problem, options) {
      if (problem.bids.length <= triedBidsMax) {
        const tried = await small.solve(problem, options)
        if (tried.status === 'optimal') return tried
      }
      return await large.solve(problem, options)
    },
  }
}
