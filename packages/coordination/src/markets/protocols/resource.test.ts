import { describe, expect, test } from 'vitest'
import { branchAndBound } from '../../auctions/solvers/branch-and-bound.ts'
import type { WinnerSolver } from '../../auctions/winner-determination.ts'
import { type ProtocolRunOptions, runProtocol, type ScriptedAnswer } from '../../testing/protocol-run.ts'
import { type ResourceSpec, resourceMarket } from './resource.ts'

const many = (bids: number, price: number, quantity: number): ScriptedAnswer => ({
  value: { bids: Array.from({ length: bids }, () => ({ items: ['cpu'], price, quantity })) },
})

function cleared(
  spec: Omit<ResourceSpec, 'goods'>,
  answers: { readonly [agent: string]: ScriptedAnswer },
  more: Partial<ProtocolRunOptions<ResourceSpec>> & { readonly solver?: WinnerSolver } = {},
) {
  const { solver = branchAndBound(), ...options } = more
  return runProtocol(resourceMarket(solver), {
    spec: { goods: ['cpu'], ...spec },
    participants: Object.keys(answers),
    answer: (from) => answers[from] ?? { absent: 'gone' },
    ...options,
  })
}

describe('resource', () => {
  test('an agent that never answers keeps nobody else from trading', async () => {
    for (const clearing of ['double', 'bundles'] as const) {
      const answers = { s: many(1, 2, 1), n: many(1, 9, 1), e: { absent: 'late', afterMs: 5_000 } } as const
      const { outcome } = await cleared({ sellers: ['s'], clearing }, answers, { deadlineMs: 5_000 })
      expect(outcome, clearing).toMatchObject({ type: 'cleared', clearing })
    }
  })

  test('the solver has nine tenths of what is left at most', async () => {
    const limits: (number | undefined)[] = []
    const solver: WinnerSolver = {
      name: 'noting',
      solve: (problem, options) => {
        limits.push(options?.timeLimitMs)
        return branchAndBound().solve(problem, options)
      },
    }
    const answers = { s: many(1, 2, 1), n: many(1, 9, 1) }
    await cleared({ sellers: ['s'], clearing: 'bundles' }, answers, { solver, deadlineMs: 1_000 })
    await cleared({ sellers: ['s'], clearing: 'bundles', timeLimitMs: 7 }, answers, { solver, deadlineMs: 1_000 })
    expect(limits).toEqual([900, 7])
  })

  test('those who flood a market of bundles with offers are cut off, and the others trade', async () => {
    const liars = ['t', 'u', 'v', 'w', 'x', 'y', 'z']
    const answers = { s: many(1, 2, 1), n: many(1, 9, 1) }
    const flooded = { ...answers, ...Object.fromEntries(liars.map((id) => [id, many(100, 5, 9_000)])) }
    const { outcome } = await cleared({ sellers: ['s', ...liars], clearing: 'bundles' }, flooded)
    // 10,000 over 1 buyer and 20 times 8 sellers are 62 each.
    expect(outcome).toMatchObject({
      type: 'cleared',
      bought: [{ buyer: 'n' }],
      sold: [{ seller: 's' }],
      refused: { 'too-many': liars.length * 38 },
    })
  })

  test('bundles are for so many sellers that each may offer something, and not for one more', () => {
    const { check } = resourceMarket(branchAndBound())
    const sellers = Array.from({ length: 500 }, (_, at) => `s${at}`)
    const spec = (count: number) => ({ goods: ['cpu'], sellers: sellers.slice(0, count), clearing: 'bundles' }) as const
    const those = (count: number) => ['n', ...sellers.slice(0, count)].map((id) => ({ id, capabilities: [] }))
    expect(check(spec(499), those(499))).toMatchObject({ bidsMax: 1 })
    expect(() => check(spec(500), those(500))).toThrow('at most 10000')
  })
})
