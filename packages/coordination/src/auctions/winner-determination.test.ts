import { describe, expect, test } from 'vitest'
import { auctionBidsMax, auctionItemsMax, bidAmountMax } from './bid.ts'
import { branchAndBound } from './solvers/branch-and-bound.ts'
import { vcg } from './vickrey-clarke-groves.ts'
import { quickBound } from './winner-bounds.ts'
import {
  checkWinnerProblem,
  type ProblemBid,
  type WinnerProblem,
  type WinnerSolver,
  winnerSolution,
} from './winner-determination.ts'

const bid = (part: Partial<ProblemBid> = {}): ProblemBid => ({ items: [0], quantity: 1, value: 1, ...part })
const problem: WinnerProblem = {
  supply: [2, 1],
  bids: [bid({ value: 4, group: 0 }), bid({ items: [1], value: 3, group: 0 }), bid({ items: [0, 1], value: 6 })],
}

describe('checkWinnerProblem', () => {
  test('takes as many bids and items as an auction has, and not one more', () => {
    const bids = (count: number) => ({ supply: [1], bids: Array.from({ length: count }, () => bid()) })
    const items = (count: number) => ({ supply: Array.from({ length: count }, () => 1), bids: [] })
    for (const [size, most] of [
      [bids, auctionBidsMax],
      [items, auctionItemsMax],
    ] as const) {
      expect(() => checkWinnerProblem(size(most))).not.toThrow()
      expect(() => checkWinnerProblem(size(most + 1))).toThrow(`at most ${most}`)
    }
  })

  test('takes values whose sum is a safe integer however many they are, and not 1 more', () => {
    expect(() => checkWinnerProblem({ supply: [1], bids: [bid({ value: bidAmountMax })] })).not.toThrow()
    expect(() => checkWinnerProblem({ supply: [1], bids: [bid({ value: bidAmountMax + 1 })] })).toThrow('values from 1')
    expect(Number.isSafeInteger(bidAmountMax * auctionBidsMax)).toBe(true)
  })
})

describe('winnerSolution', () => {
  const answer = (winners: readonly number[], bound: number) =>
    winnerSolution(problem, { solver: 'any', winners, bound })

  test('counts again what the winners are worth, in order', () => {
    expect(answer([2, 0], 10)).toEqual({ winners: [0, 2], value: 10, bound: 10, status: 'optimal', gap: 0 })
    expect(answer([0], 10)).toEqual({ winners: [0], value: 4, bound: 10, status: 'feasible', gap: 0.6 })
    expect(answer([], 0)).toMatchObject({ status: 'optimal', gap: 0 })
  })

  test('refuses what can not be accepted together, and bounds that can not be', () => {
    for (const [winners, bound, why] of [
      [[0, 1], 10, 'two bids of group 0'],
      [[1, 2], 10, 'more of item 1'],
      [[3], 10, 'there is no bid 3'],
      [[-1], 10, 'there is no bid -1'],
      [[0, 0], 10, 'named twice'],
      [[0, 2], 9, 'its bound is 9'],
      [[0], Number.NaN, 'its bound is NaN'],
      [[0], 10.5, 'its bound is 10.5'],
    ] as const) {
      expect(() => answer(winners, bound), why).toThrow(why)
    }
  })
})

describe('quickBound', () => {
  test('is the lesser of what bidders, and what items, could bring', () => {
    expect(quickBound({ supply: [9], bids: [bid({ value: 4, group: 0 }), bid({ value: 5, group: 0 })] })).toBe(5)
    expect(quickBound({ supply: [1], bids: [bid({ value: 4 }), bid({ value: 5 })] })).toBe(5)
    expect(quickBound({ supply: [], bids: [] })).toBe(0)
  })
})

describe('vcg', () => {
  const owners = ['north', 'north', 'south']

  test('prices what wins by what the others lose', async () => {
    expect(await vcg({ problem, owners }, branchAndBound())).toMatchObject({
      payments: new Map([
        ['north', 0],
        ['south', 0],
      ]),
    })
  })

  test('has no prices unless each of its problems is proven', async () => {
    const exact = branchAndBound()
    for (const unproven of [1, 2, 3]) {
      let asked = 0
      const solver: WinnerSolver = {
        name: 'sometimes',
        async solve(one, options) {
          const solution = await exact.solve(one, options)
          return ++asked === unproven ? { ...solution, status: 'feasible', gap: 0.25 } : solution
        },
      }
      const result = await vcg({ problem, owners }, solver)
      expect(result).toEqual({ type: 'undecided', reason: 'not-proven-optimal', gap: 0.25 })
    }
  })

  test('a solver whose best is none is found out, and its signal is handed on', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(vcg({ problem, owners }, branchAndBound(), { signal })).rejects.toThrow('enough')
    const worst: WinnerSolver = {
      name: 'worst',
      solve: async (one) => {
        const winners = one.bids.length === 3 ? [1] : [0]
        const value = one.bids[winners[0] ?? 0]?.value ?? 0
        return { winners, value, bound: value, status: 'optimal', gap: 0 }
      },
    }
    await expect(vcg({ problem, owners }, worst)).rejects.toMatchObject({ code: 'coordination/solver-wrong' })
  })
})
