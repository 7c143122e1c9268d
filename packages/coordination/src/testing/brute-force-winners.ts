/** Who wins, by looking at every set of bids: slow, and with nothing in it that could be wrong. For tests of other solvers. */

import { assert } from '@mabeam/foundation'
import {
  checkWinnerProblem,
  type WinnerProblem,
  type WinnerSolver,
  winnerSolution,
} from '../auctions/winner-determination.ts'

/** Bids that it takes: 65,536 sets of them. */
export const bruteForceBidsMax = 16

/** A solver for up to 16 bids. */
export const bruteForceWinners: WinnerSolver = {
  name: 'brute-force',
  async solve(problem, { signal } = {}) {
    signal?.throwIfAborted()
    checkWinnerProblem(problem)
    assert(problem.bids.length <= bruteForceBidsMax, `brute force takes at most ${bruteForceBidsMax} bids`)
    let winners: readonly number[] = []
    let best = 0
    for (let set = 0; set < 2 ** problem.bids.length; set++) {
      const chosen = problem.bids.flatMap((_, place) => ((set >> place) & 1 ? [place] : []))
      const value = chosen.reduce((sum, place) => sum + (problem.bids[place]?.value ?? 0), 0)
      if (value <= best || !areTogether(problem, chosen)) continue
      winners = chosen
      best = value
    }
    return winnerSolution(problem, { solver: 'brute-force', winners, bound: best })
  },
}

function areTogether({ supply, bids }: WinnerProblem, chosen: readonly number[]): boolean {
  const accepted = chosen.flatMap((place) => bids[place] ?? [])
  const groups = accepted.flatMap(({ group }) => group ?? [])
  if (new Set(groups).size < groups.length) return false
  return supply.every((units, item) => {
    const wanted = accepted.filter(({ items }) => items.includes(item))
    return wanted.reduce((sum, { quantity }) => sum + quantity, 0) <= units
  })
}
