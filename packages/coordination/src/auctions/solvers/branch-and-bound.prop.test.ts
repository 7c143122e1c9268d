import { describe, expect, test } from 'vitest'
import { generatedProblem } from '../../testing/generated-problem.ts'
import { winnerSolverContract } from '../../testing/winner-solver-contract.ts'
import { branchAndBound } from './branch-and-bound.ts'

describe('branchAndBound', () => {
  for (const { name, run } of winnerSolverContract(branchAndBound(), { problems: 20 })) test(name, run)

  test('proves what it finds for 40 bids of the hard kind', async () => {
    for (let seed = 0; seed < 5; seed++) {
      const { status } = await branchAndBound().solve(generatedProblem({ kind: 'decay', seed, bids: 40, items: 20 }))
      expect(status).toBe('optimal')
    }
  })

  test('out of work it answers with what it has, and says how far that may be from the best', async () => {
    const problem = generatedProblem({ kind: 'decay', seed: 1, bids: 60, items: 30 })
    const best = await branchAndBound().solve(problem)
    const soon = await branchAndBound({ workMax: 1 }).solve(problem)
    expect(best.status).toBe('optimal')
    expect(soon.status).toBe('feasible')
    expect(soon.value).toBeLessThanOrEqual(best.value)
    expect(soon.bound).toBeGreaterThanOrEqual(best.value)
    expect(soon.gap).toBeCloseTo((soon.bound - soon.value) / soon.bound, 12)
  })

  test('searches a thousand bids, and answers with what is quickly known for one more', async () => {
    const chain = (bids: number) => ({
      supply: [bids],
      bids: Array.from({ length: bids }, () => ({ items: [0], quantity: 1, value: 1 })),
    })
    expect(await branchAndBound().solve(chain(1_000))).toMatchObject({ value: 1_000, status: 'optimal' })
    expect(await branchAndBound().solve(chain(1_001))).toMatchObject({ value: 1_001, bound: 1_001 })
  })

  test('options it does not have are refused', () => {
    expect(() => branchAndBound({ workMax: 0 })).toThrow('expected an integer from 1')
    expect(() => branchAndBound({ worksMax: 5 } as object)).toThrow('did you mean "workMax"?')
  })
})
