import { describe, expect, test } from 'vitest'
import type { Protocol } from '../../sessions/protocol.ts'
import { type ProtocolRunOptions, runProtocol } from '../../testing/protocol-run.ts'
import { bidAmountMax } from '../bid.ts'
import { at, bidding, names, sets, upTo } from '../bidders.fixture.ts'
import { branchAndBound } from '../solvers/branch-and-bound.ts'
import type { WinnerSolver } from '../winner-determination.ts'
import { combinatorialAuction } from './combinatorial.ts'
import { doubleAuction } from './double.ts'
import { dutchAuction } from './dutch.ts'
import { englishAuction } from './english.ts'
import { firstPriceAuction, secondPriceAuction } from './sealed-bid.ts'

const combinatorial = combinatorialAuction(branchAndBound())
const trio = ['north', 'south', 'east']

async function outcomeOf<Spec>(
  protocol: Protocol<Spec>,
  options: Omit<ProtocolRunOptions<Spec>, 'participants'> & { participants?: readonly string[] },
) {
  return (await runProtocol(protocol, { participants: trio, ...options })).outcome
}

describe('second-price', () => {
  test('the highest bid wins and pays the second-highest', async () => {
    const answer = bidding({ north: at(40), south: at(31), east: at(12) })
    expect(await outcomeOf(secondPriceAuction, { spec: { item: 'gpu-3', reserve: 10 }, answer })).toEqual({
      type: 'awarded',
      awards: [{ bidder: 'north', items: ['gpu-3'], quantity: 1, price: 40, pays: 31 }],
      revenue: 31,
      refused: {},
    })
  })

  test('a lone bidder pays the reserve, and bidders are told of it', async () => {
    const asked: unknown[] = []
    const answer = bidding({
      north: ({ question, request }) => {
        asked.push(request, question)
        return [{ items: ['it'], price: 40 }]
      },
    })
    expect(await outcomeOf(secondPriceAuction, { spec: { item: 'it', reserve: 10 }, answer })).toMatchObject({
      revenue: 10,
    })
    expect(asked).toEqual(['bid', { question: 'Your bid for "it"?', side: 'buy', items: ['it'], atLeast: 10 }])
  })

  test('with several units each winner pays for those that others lose by it', async () => {
    const answer = bidding({
      north: () => [
        { items: ['it'], price: 10, quantity: 2 },
        { items: ['it'], price: 4 },
      ],
      south: at(8, 2),
      east: at(5),
    })
    expect(await outcomeOf(secondPriceAuction, { spec: { item: 'it', quantity: 3 }, answer })).toMatchObject({
      awards: [
        { bidder: 'north', quantity: 2, price: 20, pays: 13 },
        { bidder: 'south', quantity: 1, price: 8, pays: 5 },
      ],
      revenue: 18,
    })
  })

  test('says why nothing is sold', async () => {
    const spec = { item: 'it', reserve: 10, budgets: { south: 11 } }
    expect(await outcomeOf(secondPriceAuction, { spec, answer: bidding({}) })).toEqual({
      type: 'no-sale',
      reason: 'no-bids',
      refused: {},
    })
    expect(await outcomeOf(secondPriceAuction, { spec, answer: bidding({ north: at(9) }) })).toEqual({
      type: 'no-sale',
      reason: 'below-reserve',
      refused: { 'below-minimum': 1 },
    })
    const answer = bidding({ north: at(9), south: at(12) })
    expect(await outcomeOf(secondPriceAuction, { spec, answer })).toEqual({
      type: 'no-sale',
      reason: 'bids-refused',
      refused: { 'below-minimum': 1, 'over-budget': 1 },
    })
  })

  test('bids that can not count are counted by why, and do not price anything', async () => {
    const answer = bidding({
      north: sets([['it'], 40], [['it'], 50]),
      south: sets([['its'], 39], [['it', 'it'], 39], [['it'], 39, 0], [['it'], 39, 2]),
      east: sets([['it'], bidAmountMax + 1]),
    })
    expect(await outcomeOf(secondPriceAuction, { spec: { item: 'it' }, answer })).toMatchObject({
      awards: [{ bidder: 'north', price: 40, pays: 0 }],
      refused: { duplicate: 1, 'unknown-item': 1, malformed: 2, 'over-supply': 1, 'too-high': 1 },
    })
    const most = bidding({ east: at(bidAmountMax) })
    expect(await outcomeOf(secondPriceAuction, { spec: { item: 'it' }, answer: most })).toMatchObject({
      type: 'awarded',
    })
  })

  test('a bidder takes no more than its share of the bids', async () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, price) => [['it'], price, 1] as [string[], number, number])
    const spec = { item: 'it', quantity: 100, bidsMax: 6 }
    const within = await outcomeOf(firstPriceAuction, { spec, answer: bidding({ north: sets(...many(2)) }) })
    expect(within).toMatchObject({ awards: [{ quantity: 2 }], refused: {} })
    const beyond = await outcomeOf(firstPriceAuction, { spec, answer: bidding({ north: sets(...many(3)) }) })
    expect(beyond).toMatchObject({ awards: [{ quantity: 2 }], refused: { 'too-many': 1 } })
  })

  test('who is absent, for whatever reason, does not bid', async () => {
    const answer = (from: string) =>
      from === 'north'
        ? { value: { bids: [{ items: ['it'], price: 5 }] } }
        : from === 'south'
          ? { absent: 'malformed' as const }
          : { value: { bids: [{ items: ['it'], price: 9 }] }, afterMs: 60_000 }
    expect(await outcomeOf(secondPriceAuction, { spec: { item: 'it' }, answer })).toMatchObject({
      awards: [{ bidder: 'north', pays: 0 }],
    })
    expect(await outcomeOf(secondPriceAuction, { spec: { item: 'it' }, answer, deadlineMs: 1_000 })).toMatchObject({
      awards: [{ bidder: 'north', pays: 0 }],
    })
  })
})

describe('ties', () => {
  const answer = bidding({ north: at(5), south: at(5), east: at(5) })
  const winnerOf = async (seed: number, participants: readonly string[], ties?: 'drawn' | 'order') => {
    const spec = { item: 'it', ...(ties && { ties }) }
    const outcome = await outcomeOf(firstPriceAuction, { spec, answer, seed, participants })
    return outcome?.type === 'awarded' ? outcome.awards[0]?.bidder : undefined
  }

  test('are drawn from the seed, whatever the order of the team', async () => {
    const winners = new Set<string | undefined>()
    for (let seed = 0; seed < 30; seed++) {
      winners.add(await winnerOf(seed, trio))
      expect(await winnerOf(seed, trio)).toBe(await winnerOf(seed, trio.toReversed()))
    }
    expect(winners).toEqual(new Set(trio))
  })

  test('go to the first of the team where that was asked for', async () => {
    for (let seed = 0; seed < 5; seed++) {
      expect(await winnerOf(seed, trio, 'order')).toBe('north')
      expect(await winnerOf(seed, trio.toReversed(), 'order')).toBe('east')
    }
  })
})

describe('english', () => {
  test('asks who is still in, and not whoever has the standing bid', async () => {
    const answer = bidding({ north: upTo(7), south: upTo(3), east: upTo(5) })
    const spec = { item: 'it', reserve: 2, ties: 'order' as const }
    const { asks, outcome } = await runProtocol(englishAuction, { spec, participants: trio, answer })
    expect(asks.map(({ to, question }) => [to, 'atLeast' in question ? question.atLeast : 0])).toEqual([
      [trio, 2],
      [['south', 'east'], 3],
      [['north', 'east'], 4],
      [['south', 'east'], 5],
      [['north'], 6],
      [['east'], 7],
    ])
    expect(outcome).toMatchObject({ awards: [{ bidder: 'north', pays: 6 }], closedBy: 'no-raise' })
  })

  test('a bid of more than was asked for stands as it is', async () => {
    const answer = bidding({ north: at(30), south: upTo(20) })
    expect(await outcomeOf(englishAuction, { spec: { item: 'it' }, answer })).toMatchObject({ revenue: 30 })
  })

  test('who is slow holds up one round and is out', async () => {
    const says = bidding({ north: upTo(50), south: upTo(20) })
    const answer: typeof says = (from, ask) => (from === 'east' ? { absent: 'late', afterMs: 5_000 } : says(from, ask))
    const { tookMs, outcome } = await runProtocol(englishAuction, { spec: { item: 'it' }, participants: trio, answer })
    expect([outcome?.type, tookMs]).toEqual(['awarded', 5_000])
  })

  test('the standing bid is taken when the session has to end, and the outcome says so', async () => {
    const answer = bidding({ north: upTo(1_000), south: upTo(1_000) })
    const outcome = await outcomeOf(englishAuction, { spec: { item: 'it' }, answer, asksMax: 10 })
    expect(outcome).toMatchObject({ type: 'awarded', closedBy: 'rounds-limit' })
    const slow: typeof answer = (from, ask) => ({ ...answer(from, ask), afterMs: 400 })
    expect(await outcomeOf(englishAuction, { spec: { item: 'it' }, answer: slow, deadlineMs: 1_000 })).toMatchObject({
      awards: [{ pays: 1 }],
      closedBy: 'deadline',
    })
  })

  test('ends where no higher bid can be counted', async () => {
    const answer = bidding({ north: at(bidAmountMax), south: at(bidAmountMax) })
    expect(await outcomeOf(englishAuction, { spec: { item: 'it' }, answer })).toMatchObject({ revenue: bidAmountMax })
  })
})

describe('dutch', () => {
  test('calls down to the reserve and no further', async () => {
    const { asks, outcome } = await runProtocol(dutchAuction, {
      spec: { item: 'it', from: 10, decrement: 4, reserve: 3 },
      participants: trio,
      answer: bidding({ north: upTo(2) }),
    })
    expect(asks.map(({ question }) => ('price' in question ? question.price : 0))).toEqual([10, 6, 3])
    expect(outcome).toEqual({ type: 'no-sale', reason: 'no-bids', refused: {} })
  })

  test('who is absent once is not waited for again', async () => {
    const says = bidding({ north: upTo(2) })
    const answer: typeof says = (from, ask) => (from === 'east' ? { absent: 'late', afterMs: 5_000 } : says(from, ask))
    const spec = { item: 'it', from: 9 }
    const { tookMs, outcome } = await runProtocol(dutchAuction, { spec, participants: trio, answer })
    expect([outcome, tookMs]).toMatchObject([{ revenue: 2 }, 5_000])
  })

  test('nobody left to call ends it, and so does the end of the session', async () => {
    const spec = { item: 'it', from: 9 }
    const gone = await outcomeOf(dutchAuction, { spec, answer: () => ({ absent: 'gone' }) })
    expect(gone).toEqual({ type: 'no-sale', reason: 'no-bids', refused: {} })
    const ended = await outcomeOf(dutchAuction, { spec, answer: bidding({}), asksMax: 3 })
    expect(ended).toEqual({ type: 'no-sale', reason: 'ended', refused: {} })
  })

  test('takes ten thousand calls and refuses one more', () => {
    const participants = [{ id: 'north', capabilities: [] }]
    const check = (from: number) => dutchAuction.check({ item: 'it', from }, participants)
    expect(check(9_999).from).toBe(9_999)
    expect(() => check(10_000)).toThrow('dutch: decrement: expected at most 10000 calls')
    expect(() => dutchAuction.check({ item: 'it', from: 3, reserve: 4 }, participants)).toThrow('at least the reserve')
  })
})

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

describe('double', () => {
  const participants = ['b0', 'b1', 'b2', 's0', 's1', 's2']
  const sellers = ['s0', 's1', 's2']
  const answer = bidding({ b0: at(12), b1: at(9), b2: at(5), s0: at(3), s1: at(4), s2: at(8) })

  test('those who buy and those who sell are asked at once, each for its side', async () => {
    const { asks } = await runProtocol(doubleAuction, { spec: { item: 'it', sellers }, participants, answer })
    expect(asks.map(({ to, question, round }) => [to, 'side' in question && question.side, round])).toEqual([
      [['b0', 'b1', 'b2'], 'buy', 1],
      [sellers, 'sell', 1],
    ])
  })

  test('McAfee trades at a price made of those who do not trade', async () => {
    expect(await outcomeOf(doubleAuction, { spec: { item: 'it', sellers }, participants, answer })).toMatchObject({
      type: 'traded',
      price: { buyersPay: 6, sellersGet: 6 },
      quantity: 2,
      quantityMax: 2,
      surplus: 0,
    })
  })

  test('one price trades all units that gain, also several of a bidder', async () => {
    const spec = { item: 'it', sellers: ['s0'], buyers: ['b0', 'b1'], pricing: 'k-price' as const }
    const many = bidding({ b0: at(12, 3), b1: at(9, 2), s0: at(6, 4) })
    expect(await outcomeOf(doubleAuction, { spec, participants, answer: many })).toMatchObject({
      trades: [
        { buyer: 'b0', seller: 's0', quantity: 3, pays: 27, receives: 27 },
        { buyer: 'b1', seller: 's0', quantity: 1, pays: 9, receives: 9 },
      ],
      surplus: 0,
    })
  })

  test('says why nothing is traded', async () => {
    const spec = { item: 'it', sellers }
    const reasonOf = async (says: Parameters<typeof bidding>[0]) => {
      const outcome = await outcomeOf(doubleAuction, { spec, participants, answer: bidding(says) })
      return outcome?.type === 'no-sale' ? outcome.reason : outcome?.type
    }
    expect(await reasonOf({})).toBe('no-bids')
    expect(await reasonOf({ b0: at(5) })).toBe('no-bids')
    expect(await reasonOf({ b0: at(5), s0: at(6) })).toBe('no-gain')
    expect(await reasonOf({ b0: at(6), s0: at(6) })).toBe('trade-given-up')
  })

  test('a unit each with McAfee; more is refused and counted', async () => {
    const says = bidding({ b0: at(12, 2), b1: sets([['it'], 9], [['it'], 8]), s0: at(3) })
    expect(await outcomeOf(doubleAuction, { spec: { item: 'it', sellers }, participants, answer: says })).toMatchObject(
      {
        refused: { 'over-supply': 1, duplicate: 1 },
      },
    )
  })

  test('nobody is on both sides, unknown, or alone', () => {
    const some = participants.map((id) => ({ id, capabilities: [] }))
    const check = (part: object) => () => doubleAuction.check({ item: 'it', sellers, ...part }, some)
    expect(check({ buyers: ['s0', 'b0'] })).toThrow('nobody on both sides')
    expect(check({ sellers: ['s0', 's0'] })).toThrow('nobody on both sides')
    expect(check({ sellers: ['s9'] })).toThrow('unknown participant "s9"')
    expect(check({ sellers: [] })).toThrow('double: expected somebody who sells, got 0')
    expect(check({ sellers: participants })).toThrow('double: expected somebody who buys, got 0')
    expect(check({ kPercent: 101 })).toThrow('kPercent')
  })
})

describe('every kind', () => {
  const participants = ['north', 's0'].map((id) => ({ id, capabilities: [] }))
  const kinds: readonly (readonly [protocol: Protocol, spec: object])[] = [
    [firstPriceAuction, { item: 'it' }],
    [secondPriceAuction, { item: 'it' }],
    [englishAuction, { item: 'it' }],
    [dutchAuction, { item: 'it', from: 3 }],
    [combinatorial, { items: ['it'] }],
    [doubleAuction, { item: 'it', sellers: ['s0'] }],
  ]
  for (const [protocol, spec] of kinds) {
    test(`${protocol.name} refuses a spec that can not be`, () => {
      const check = (part: object, who = participants) => {
        return () => protocol.check({ ...spec, ...part }, who)
      }
      expect(check({})).not.toThrow()
      for (const part of [
        { budgets: { north: Number.NaN } },
        { budgets: { north: -1 } },
        { budgets: { north: 1.5 } },
        { ties: 'coin' },
        { bidsMax: 0 },
        { bidsMax: 10_001 },
        { question: '' },
        { question: 'x'.repeat(65_537) },
        ...(protocol === combinatorial
          ? [
              { items: [] },
              { items: [''] },
              { items: ['a', 'a'] },
              { items: [{ item: 'a', quantity: 0 }] },
              { items: [null] },
            ]
          : [{ item: '' }, { item: undefined }, { item: 'x'.repeat(1_025) }]),
        ...('reserve' in spec || protocol === combinatorial || protocol === doubleAuction
          ? []
          : [{ reserve: -1 }, { reserve: Number.NaN }, { reserve: 0.5 }]),
      ]) {
        expect(check(part), JSON.stringify(part)).toThrow(`${protocol.name}: `)
      }
      expect(check({ budgets: { nort: 5 } })).toThrow('did you mean "north"?')
      expect(check({ budget: {} })).toThrow('did you mean "budgets"?')
      expect(check({ bidsMax: 1 })).toThrow('at most as many participants as bids are taken (1), got 2')
      expect(check({}, [])).toThrow('expected somebody')
    })

    test(`${protocol.name} ends when everybody is absent`, async () => {
      const { outcome } = await runProtocol(protocol, {
        spec,
        participants,
        answer: () => ({ absent: 'gone' }),
      })
      expect(outcome).toEqual({ type: 'no-sale', reason: 'no-bids', refused: {} })
    })

    test(`${protocol.name} has the same outcome however answers come together`, async () => {
      const says = bidding({ north: upTo(3), s0: upTo(3) })
      const outcomes = [0, 1, 2].map(async (batching) => {
        const answer: typeof says = (from, ask) => ({
          ...says(from, ask),
          afterMs: [0, from === 'north' ? 1 : 2, from === 'north' ? 2 : 1][batching] ?? 0,
        })
        return (await runProtocol(protocol, { spec, participants, answer })).outcome
      })
      expect(await outcomes[1]).toEqual(await outcomes[0])
      expect(await outcomes[2]).toEqual(await outcomes[0])
    })
  }
})
