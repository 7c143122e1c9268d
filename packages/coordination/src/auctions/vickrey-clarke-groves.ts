/** What winners pay so that nobody gains by saying anything but the truth: what the others lose by their being there. */

import { solverWrong } from '../errors/auction-errors.ts'
import type { SolveOptions, WinnerProblem, WinnerSolution, WinnerSolver } from './winner-determination.ts'

export interface OwnedProblem {
  readonly problem: WinnerProblem
  /** By bid, whose it is. */
  readonly owners: readonly string[]
}

export type VcgResult =
  | {
      readonly type: 'priced'
      readonly solution: WinnerSolution
      /** By owner of winning bids. */
      readonly payments: ReadonlyMap<string, number>
    }
  /** Prices of an answer that may not be the best give no such promise, so there are none. */
  | { readonly type: 'undecided'; readonly reason: 'not-proven-optimal'; readonly gap: number }

/**
 * The best bids, and the payments of Vickrey, Clarke and Groves: for each owner what the others could have without it, less what
 * they have. One problem for all, and one for each winner; the time limit is for each.
 *
 * Ensures: `0 <= payment <= value` of what the owner wins; no owner gains by bidding other than its values.
 * Throws: what the solver does, and `coordination/solver-wrong` when what it calls the best can't be.
 */
export async function vcg(
  { problem, owners }: OwnedProblem,
  solver: WinnerSolver,
  options: SolveOptions = {},
): Promise<VcgResult> {
  const solution = await solver.solve(problem, options)
  if (solution.status !== 'optimal') return notProven(solution)
  const wonBy = Map.groupBy(solution.winners, (place) => owners[place] ?? '')
  const payments = new Map<string, number>()
  for (const [owner, won] of wonBy) {
    const others = problem.bids.filter((_, place) => owners[place] !== owner)
    const without = await solver.solve({ ...problem, bids: others }, options)
    if (without.status !== 'optimal') return notProven(without)
    const own = won.reduce((sum, place) => sum + (problem.bids[place]?.value ?? 0), 0)
    const payment = without.value - (solution.value - own)
    if (payment < 0 || payment > own) {
      throw solverWrong(solver.name, `${owner} would pay ${payment} for what is worth ${own}: an optimum is none`)
    }
    payments.set(owner, payment)
  }
  return { type: 'priced', solution, payments }
}

function notProven({ gap }: WinnerSolution): VcgResult {
  return { type: 'undecided', reason: 'not-proven-optimal', gap }
}
