import { describe, expect, test } from 'vitest'
import type { ProtocolRunOptions } from '../../testing/protocol-run.ts'
import { bidding, names, sets } from '../bidders.fixture.ts'
import { outcomeOf } from '../outcome-of.fixture.ts'
import { branchAndBound } from '../solvers/branch-and-bound.ts'
import type { WinnerSolver } from '../winner-determination.ts'
import { combinatorialAuction } from './combinatorial.ts'

type Answerer = ProtocolRunOptions<unknown>['answer']

const combinatorial = combinatorialAuction(branchAndBound())

/** As `others`, but for one that is absent once its time is up. */
function late(who: string, others: Answerer): Answerer {
  return (from, ask) => (from === who ? { absent: 'late', afterMs: 5_000 } : others(from, ask))
}

describe('combinatorial', () => {
  const items = ['a', 'b']

  test('the best sets win, and pay what the others lose by it', async () => {
    const answer = bidding({ north: sets([['a', 'b'], 10]), south: sets([['a'], 7]), east: sets([['b'], 6]) })
    expect(await outcomeOf(combinatorial, { spec: { items }, answer })).toEqual({
      type: 'awarded',
      awards: expect.arrayContaining([
        { bidder: 'south', items: ['a'], quantity: 1, price: 7, pays: 4 },
        { bidder: 'east', items: ['b'], quantity: 1, price: 6, pays: 3 },
      ]),
      revenue: 7,
      refused: {},
      value: 13,
      status: 'optimal',
      gap: 0,
    })
    const spec = { items, pricing: 'pay-as-bid' as const }
    expect(await outcomeOf(combinatorial, { spec, answer })).toMatchObject({ revenue: 13 })
  })

  test('a bidder that never answers leaves time to solve what the others bid', async () => {
    const bids = bidding({ north: sets([['a'], 7]), south: sets([['a'], 4]) })
    for (const deadlineMs of [1, 5_000]) {
      const options = { deadlineMs, answer: late('east', bids) }
      expect(await outcomeOf(combinatorial, { spec: { items }, ...options })).toMatchObject({
        type: 'awarded',
        awards: [{ bidder: 'north', pays: 4 }],
      })
    }
    const nobody = await outcomeOf(combinatorial, {
      spec: { items },
      deadlineMs: 5_000,
      answer: late('east', bidding({})),
    })
    expect(nobody).toEqual({ type: 'no-sale', reason: 'no-bids', refused: {} })
  })

  test('at most one bid of a bidder, unless it was said that all may be accepted', async () => {
    const answer = bidding({ north: sets([['a'], 5], [['b'], 4]) })
    expect(await outcomeOf(combinatorial, { spec: { items }, answer })).toMatchObject({ value: 5 })
    expect(await outcomeOf(combinatorial, { spec: { items, exclusive: false }, answer })).toMatchObject({ value: 9 })
  })

  test('where all bids of a bidder may be accepted, its budget must bear them together', async () => {
    const answer = bidding({ north: sets([['a'], 5], [['b'], 4]) })
    const spec = { items, exclusive: false, pricing: 'pay-as-bid' as const }
    expect(await outcomeOf(combinatorial, { spec: { ...spec, budgets: { north: 9 } }, answer })).toMatchObject({
      revenue: 9,
      refused: {},
    })
    expect(await outcomeOf(combinatorial, { spec: { ...spec, budgets: { north: 8 } }, answer })).toMatchObject({
      revenue: 5,
      refused: { 'over-budget': 1 },
    })
  })

  test('reserves are paid at least, and a bid just at its reserve takes what is left', async () => {
    const spec = {
      items: [
        { item: 'a', reserve: 3 },
        { item: 'b', reserve: 2 },
      ],
    }
    const answer = bidding({ north: sets([['a'], 9]), south: sets([['b'], 2]), east: sets([['a', 'b'], 4]) })
    expect(await outcomeOf(combinatorial, { spec, answer })).toMatchObject({
      awards: [
        { bidder: 'north', pays: 3 },
        { bidder: 'south', pays: 2 },
      ],
      value: 6,
      refused: { 'below-minimum': 1 },
    })
  })

  test('what is not proven is awarded at bids and says so, and has no prices that need the best', async () => {
    const greedy: WinnerSolver = {
      name: 'greedy',
      solve: async () => ({ winners: [0], value: 7, bound: 10, status: 'feasible', gap: 0.3 }),
    }
    const answer = bidding({ north: sets([['a'], 7]) })
    const awarded = { items, pricing: 'pay-as-bid' as const }
    expect(await outcomeOf(combinatorialAuction(greedy), { spec: awarded, answer })).toMatchObject({
      type: 'awarded',
      status: 'feasible',
      gap: 0.3,
    })
    expect(await outcomeOf(combinatorialAuction(greedy), { spec: { items }, answer })).toEqual({
      type: 'undecided',
      reason: 'not-proven-optimal',
      gap: 0.3,
      refused: {},
    })
  })

  test('a solver that fails leaves it undecided, and says with what', async () => {
    const broken: WinnerSolver = { name: 'broken', solve: () => Promise.reject(new Error('out of memory')) }
    const answer = bidding({ north: sets([['a'], 7]) })
    expect(await outcomeOf(combinatorialAuction(broken), { spec: { items }, answer })).toEqual({
      type: 'undecided',
      reason: 'solver-failed',
      error: 'out of memory',
      refused: {},
    })
  })

  test('a thousand items are sold and one more is refused', () => {
    const participants = [{ id: 'north', capabilities: [] }]
    expect(combinatorial.check({ items: names(1_000) }, participants).items.size).toBe(1_000)
    expect(() => combinatorial.check({ items: names(1_001) }, participants)).toThrow('1 to 1000 items')
  })
})
