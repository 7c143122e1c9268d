import { hasCode, type Random } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { branchAndBound } from '../../auctions/solvers/branch-and-bound.ts'
import type { AskCommand, Protocol } from '../../sessions/protocol.ts'
import { protocolContract } from '../../testing/protocol-contract.ts'
import { runProtocol, type ScriptedAnswer } from '../../testing/protocol-run.ts'
import { assignmentMarket } from './assignment.ts'
import { exchange } from './exchange.ts'
import { fisher } from './fisher.ts'
import { matching } from './matching.ts'
import { orderBookMarket } from './order-book.ts'
import { resourceMarket } from './resource.ts'
import { tatonnementMarket } from './tatonnement.ts'

const resource = resourceMarket(branchAndBound())
const four = ['n', 's', 'e', 'w']
const ballot = (value: unknown): ScriptedAnswer => ({ value: { value } })
const some = (random: Random, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, random.int(9)]))
const contextOf = (ask: AskCommand) => ask.question.context as { readonly prices: { readonly [good: string]: number } }

/** What may not depend on who answers first. */
const whole = (outcome: unknown) => outcome

const contracts = {
  fisher: protocolContract(fisher, {
    cases: [
      {
        spec: { goods: { a: 9, b: 5 } },
        participants: four,
        answer: (_f, _a, random) => ballot({ utilities: some(random, ['a', 'b']) }),
      },
    ],
    wrong: [{ goods: [] }, { goods: ['a'], budget: 0 }],
    inAnyOrder: whole,
  }),
  exchange: protocolContract(exchange, {
    cases: [
      {
        spec: { goods: ['a', 'b'] },
        participants: four,
        answer: (_f, _a, random) =>
          ballot({ endowment: some(random, ['a', 'b']), utilities: some(random, ['a', 'b']) }),
      },
    ],
    wrong: [{ goods: [] }, { goods: { a: 1 } }, { goods: ['a', 'a'] }],
    inAnyOrder: whole,
  }),
  tatonnement: protocolContract(tatonnementMarket, {
    cases: [
      {
        spec: { goods: { a: 9, b: 5 } },
        participants: four,
        answer: (from, ask) => {
          const { a = 1, b = 1 } = contextOf(ask).prices
          return ballot({ demand: { a: (1 + four.indexOf(from)) / a, b: 2 / b } })
        },
      },
    ],
    wrong: [
      { goods: [] },
      { goods: ['a'], callsMax: 0 },
      { goods: ['a'], prices: { b: 1 } },
      { goods: ['a'], prices: { a: 0 } },
    ],
    inAnyOrder: whole,
  }),
  assignment: protocolContract(assignmentMarket, {
    cases: [
      {
        spec: { items: ['x', 'y', 'z'] },
        participants: four,
        answer: (_f, _a, random) => ballot({ values: some(random, ['x', 'y']) }),
      },
    ],
    wrong: [{ items: [] }, { items: ['x', 'x'] }, { items: [''] }],
    inAnyOrder: whole,
  }),
  matching: protocolContract(matching, {
    cases: [
      {
        spec: { proposers: ['n', 's'], receivers: ['e', 'w'], capacities: { e: 2 } },
        participants: four,
        answer: (_f, ask, random) => ({
          value: { ranking: ask.request === 'rank' ? random.shuffle(ask.question.options) : [] },
        }),
      },
    ],
    wrong: [
      { proposers: [], receivers: ['e'] },
      { proposers: ['n'], receivers: ['n'] },
      { proposers: ['n'], receivers: ['x'] },
      { proposers: ['n'], receivers: ['e'], capacities: { n: 1 } },
      { proposers: ['n'], receivers: ['e'], capacities: { e: -1 } },
    ],
    inAnyOrder: whole,
  }),
  'order-book': protocolContract(orderBookMarket, {
    cases: [
      {
        spec: {
          item: 'power',
          rounds: 3,
          accounts: Object.fromEntries(four.map((id) => [id, { cash: 100, held: 10 }])),
        },
        participants: four,
        answer: (_f, _a, random) =>
          ballot({
            orders: [
              {
                order: 'limit',
                side: random.int(2) ? 'buy' : 'sell',
                price: 5 + random.int(5),
                quantity: 1 + random.int(5),
              },
            ],
            cancels: [random.int(9)],
          }),
      },
    ],
    wrong: [
      { item: '', accounts: {} },
      { item: 'power', accounts: { x: { cash: 1, held: 1 } } },
      { item: 'power', accounts: { n: { cash: -1, held: 1 } } },
      { item: 'power', accounts: { n: null } },
      { item: 'power', accounts: {}, rounds: 0 },
      { item: 'power', accounts: {}, book: { tick: 1 } },
    ],
  }),
  ...Object.fromEntries(
    (['double', 'bundles'] as const).map((clearing) => [
      `resource, ${clearing}`,
      protocolContract(resource, {
        cases: [
          {
            spec: { goods: ['a', 'b'], sellers: ['n', 's'], clearing },
            participants: four,
            answer: (_f, ask, random) => {
              const isBuy = ask.request === 'bid' && ask.question.side === 'buy'
              const items = isBuy && clearing === 'bundles' ? ['a', 'b'] : [random.int(2) ? 'a' : 'b']
              return {
                value: { bids: [{ items, price: (isBuy ? 5 : 1) + random.int(9), quantity: 1 + random.int(3) }] },
              }
            },
          },
        ],
        wrong: [
          { goods: ['a'], sellers: [] },
          { goods: ['a'], sellers: four },
          { goods: ['a'], sellers: ['n'], buyers: ['n'] },
          { goods: ['a'], sellers: ['x'] },
          { goods: ['a'], sellers: ['n'], budgets: { n: 5 } },
          { goods: ['a'], sellers: ['n'], clearing: 'magic' },
        ],
        inAnyOrder: whole,
      }),
    ]),
  ),
}

for (const [kind, laws] of Object.entries(contracts)) {
  describe(kind, () => {
    for (const { name, run } of laws) test(name, () => run())
  })
}

function run<Spec, O extends { readonly type: string }>(
  protocol: Protocol<Spec, unknown, never, O> | Protocol<Spec>,
  spec: Spec,
  answers: { readonly [agent: string]: ScriptedAnswer | ((ask: AskCommand) => ScriptedAnswer) },
) {
  return runProtocol(protocol as Protocol<Spec>, {
    spec,
    participants: Object.keys(answers),
    answer: (from, ask) => {
      const own = answers[from]
      return typeof own === 'function' ? own(ask) : (own ?? { absent: 'gone' })
    },
  })
}

describe('exchange', () => {
  test('takes 5,000 cells and not one row more', () => {
    const named = Array.from({ length: 51 }, (_, at) => ({ id: `a${at}`, capabilities: [] }))
    const goods = Array.from({ length: 100 }, (_, at) => `g${at}`)
    expect(() => exchange.check({ goods }, named.slice(1))).not.toThrow()
    expect(() => exchange.check({ goods }, named)).toThrow('at most 5000')
  })

  test('those who want what others have end up with it, in whole units, none lost', async () => {
    const { outcome } = await run(
      exchange,
      { goods: ['apple', 'pear'] },
      {
        n: ballot({ endowment: { apple: 10 }, utilities: { pear: 1 } }),
        s: ballot({ endowment: { pear: 7 }, utilities: { apple: 1 } }),
        e: ballot({ endowment: {}, utilities: { apple: 1 } }),
        w: ballot({ endowment: { apple: 0.5 }, utilities: { apple: 1 } }),
      },
    )
    expect(outcome).toMatchObject({
      type: 'cleared',
      units: { n: { pear: 7 }, s: { apple: 10 } },
      refused: { 'has-nothing': 1, malformed: 1 },
    })
  })

  test('where nobody wants what others have nothing is traded; where there is no equilibrium it says so', async () => {
    const alone = await run(
      exchange,
      { goods: ['apple', 'pear'] },
      { n: ballot({ endowment: { apple: 1 }, utilities: { pear: 1 } }) },
    )
    expect(alone.outcome).toMatchObject({ type: 'uncleared', reason: 'nothing-to-trade' })
    const never = await run(
      exchange,
      { goods: ['apple', 'pear'] },
      {
        n: ballot({ endowment: { apple: 1 }, utilities: { pear: 1 } }),
        s: ballot({ endowment: { apple: 1 }, utilities: { apple: 1 } }),
        e: ballot({ endowment: { pear: 1 }, utilities: { pear: 1 } }),
      },
    )
    expect(never.outcome).toMatchObject({ type: 'uncleared', reason: 'not-converged' })
    expect(never.outcome.residual).toBeGreaterThan(1e-6)
  })
})

describe('tatonnement', () => {
  const spends = (money: number) => (ask: AskCommand) => {
    const { cpu = 1, ram = 1 } = contextOf(ask).prices
    return ballot({ demand: { cpu: money / 2 / cpu, ram: money / 2 / ram } })
  }

  test('calls prices until what is demanded is what there is', async () => {
    const { outcome, rounds } = await run(
      tatonnementMarket,
      { goods: { cpu: 10, ram: 40 } },
      { n: spends(30), s: spends(10) },
    )
    expect(outcome.type).toBe('cleared')
    expect(outcome.prices.cpu).toBeCloseTo(2, 5)
    expect(outcome.prices.ram).toBeCloseTo(0.5, 5)
    expect(outcome.shares.n.cpu).toBeCloseTo(0.75, 5)
    expect(outcome.iterations).toBe(rounds)
  })

  test('who fails to answer once has left, and prices are found without it', async () => {
    let calls = 0
    const { outcome } = await run(
      tatonnementMarket,
      { goods: { cpu: 10, ram: 40 } },
      {
        n: spends(40),
        s: (ask) => (++calls > 1 ? { absent: 'late' } : spends(1_000)(ask)),
      },
    )
    expect(outcome).toMatchObject({ type: 'cleared', refused: { absent: 1 } })
    expect(Object.keys(outcome.shares)).toEqual(['n'])
    expect(outcome.prices.cpu).toBeCloseTo(2, 5)
  })

  test('demand that never meets supply: uncleared after as many calls as it may make', async () => {
    const stubborn = ballot({ demand: { cpu: 20 } })
    const { outcome, rounds } = await run(tatonnementMarket, { goods: { cpu: 10 }, callsMax: 7 }, { n: stubborn })
    expect(outcome).toMatchObject({ type: 'uncleared', reason: 'not-converged', residual: 1 })
    expect(rounds).toBe(7)
  })
})

describe('assignment', () => {
  test('takes 2,000 agents and not 2,001', () => {
    const named = Array.from({ length: 2_001 }, (_, at) => ({ id: `a${at}`, capabilities: [] }))
    expect(() => assignmentMarket.check({ items: ['x'] }, named.slice(1))).not.toThrow()
    expect(() => assignmentMarket.check({ items: ['x'] }, named)).toThrow('at most 2000')
  })

  test('makes the sum of worths the largest, and prices say why nobody has another', async () => {
    const { outcome } = await run(
      assignmentMarket,
      { items: ['day', 'night'] },
      {
        n: ballot({ values: { day: 30, night: 25 } }),
        s: ballot({ values: { day: 20 } }),
        e: ballot({ values: { noon: 20 } }),
      },
    )
    expect(outcome).toMatchObject({
      type: 'cleared',
      items: { n: 'night', s: 'day' },
      value: 45,
      refused: { 'unknown-good': 1 },
    })
    expect(30 - (outcome.prices.day ?? 0)).toBeLessThanOrEqual(25 - (outcome.prices.night ?? 0))
  })
})

describe('matching', () => {
  const ranks = (...ranking: readonly string[]): ScriptedAnswer => ({ value: { ranking: [...ranking] } })

  test('pairs so that nobody would rather leave; who ranks nobody, or strangers, is with nobody', async () => {
    const { outcome } = await run(
      matching,
      { proposers: ['n', 's', 'liar', 'mute'], receivers: ['e', 'w'] },
      {
        n: ranks('e', 'w'),
        s: ranks('e'),
        liar: ranks('moon'),
        mute: { absent: 'late' },
        e: ranks('s', 'n', 'liar'),
        w: ranks('n', 'n'),
      },
    )
    expect(outcome).toMatchObject({
      type: 'matched',
      pairs: { e: ['s'], w: [] },
      unmatched: ['n', 'liar', 'mute'],
      refused: { 'unknown-good': 1, absent: 1, malformed: 1 },
    })
  })

  test('takes 1,000 on a side and not 1,001', () => {
    const named = Array.from({ length: 1_002 }, (_, at) => ({ id: `a${at}`, capabilities: [] }))
    const spec = (count: number) => ({ proposers: named.slice(0, count).map(({ id }) => id), receivers: ['a1001'] })
    expect(() => matching.check(spec(1_000), named)).not.toThrow()
    expect(() => matching.check(spec(1_001), named)).toThrow('at most 1000')
  })
})

describe('order-book', () => {
  const buys = (price: number, quantity: number) =>
    ballot({ orders: [{ order: 'limit', side: 'buy', price, quantity }] })
  const sells = (price: number, quantity: number) =>
    ballot({ orders: [{ order: 'limit', side: 'sell', price, quantity }] })
  const accounts = { n: { cash: 1_000, held: 0 }, s: { cash: 0, held: 100 }, e: { cash: 50, held: 0 } }

  test('trades are settled, money and goods are what they were, and what is not covered is counted', async () => {
    const { outcome } = await run(orderBookMarket, { item: 'power', accounts }, {
      s: { ...sells(10, 60), afterMs: 1 },
      n: { ...buys(12, 50), afterMs: 2 },
      e: { ...buys(12, 50), afterMs: 3 },
    } as never)
    expect(outcome).toMatchObject({
      type: 'traded',
      volume: 50,
      tradeCount: 1,
      lastPrice: 10,
      accounts: { n: { cash: 500, held: 50 }, s: { cash: 500, held: 50 }, e: { cash: 50, held: 0 } },
      rejected: { uncovered: 1 },
    })
  })

  test('agents see what waits, and may take it or cancel it in a later round', async () => {
    const seen: unknown[] = []
    const { outcome, rounds } = await run(
      orderBookMarket,
      { item: 'power', accounts, rounds: 2 },
      {
        n: ballot({}),
        e: ballot({ orders: 'all of it' }),
        s: (ask) => {
          seen.push((ask.question.context as { readonly asks: unknown }).asks)
          return ask.round === 1 ? sells(10, 60) : ballot({ cancels: [1, 1] })
        },
      },
    )
    expect(rounds).toBe(2)
    expect(seen).toEqual([[], [{ id: 1, by: 's', price: 10, quantity: 60 }]])
    expect(outcome).toMatchObject({ type: 'no-trade', rejected: { 'unknown-order': 1 }, refused: { malformed: 2 } })
  })

  test('takes as many orders of one agent in a round as it may, and tells of as many trades', async () => {
    const many = (side: 'buy' | 'sell', count: number) =>
      ballot({ orders: Array.from({ length: count }, () => ({ order: 'limit', side, price: 1, quantity: 1 })) })
    const spec = { item: 'power', accounts, ordersMax: 3, tradesMax: 2 }
    const { outcome } = await run(orderBookMarket, spec, { s: many('sell', 4), n: many('buy', 3), e: ballot({}) })
    expect(outcome).toMatchObject({ tradeCount: 3, rejected: { 'too-many': 1 } })
    expect(outcome.trades).toHaveLength(2)
  })
})

describe('resource', () => {
  const bids = (...all: readonly (readonly [items: string, price: number, quantity?: number])[]): ScriptedAnswer => ({
    value: { bids: all.map(([items, price, quantity = 1]) => ({ items: items.split('+'), price, quantity })) },
  })

  test('clears each good at one price, and parts of orders', async () => {
    const { outcome } = await run(
      resource,
      { goods: ['cpu', 'ram'], sellers: ['s'] },
      {
        s: bids(['cpu', 4, 10], ['ram', 9]),
        n: bids(['cpu', 10, 6], ['ram', 5]),
        e: bids(['cpu', 6, 6]),
      },
    )
    expect(outcome).toMatchObject({
      type: 'cleared',
      clearing: 'double',
      goods: [{ item: 'cpu', quantity: 10, price: 6 }],
    })
  })

  test('serves bundles whole, where they gain most, and pays exactly what is paid', async () => {
    const { outcome } = await run(
      resource,
      { goods: ['cpu', 'ram'], sellers: ['s', 't'], clearing: 'bundles' },
      {
        s: bids(['cpu', 4, 1]),
        t: bids(['ram', 2, 3]),
        n: bids(['cpu+ram', 20]),
        e: bids(['cpu', 13]),
      },
    )
    expect(outcome).toMatchObject({
      type: 'cleared',
      clearing: 'bundles',
      status: 'optimal',
      gain: 14,
      bought: [{ buyer: 'n', bid: 20, pays: 13 }],
    })
    const received = outcome.sold.reduce((sum: number, { receives }: { receives: number }) => sum + receives, 0)
    expect(received).toBe(13)
  })

  test('a buyer’s budget binds, and bids of several goods are for bundles only', async () => {
    const spec = { goods: ['cpu', 'ram'], sellers: ['s'], budgets: { n: 5 } }
    const { outcome } = await run(resource, spec, {
      s: bids(['cpu', 1]),
      n: bids(['cpu', 6], ['cpu+ram', 4], ['gpu', 1]),
    })
    expect(outcome).toMatchObject({
      type: 'uncleared',
      reason: 'no-bids',
      refused: { 'over-budget': 1, 'below-minimum': 1, 'unknown-item': 1 },
    })
  })

  test('where nobody would pay what others take nothing is traded', async () => {
    for (const clearing of ['double', 'bundles'] as const) {
      const spec = { goods: ['cpu'], sellers: ['s'], clearing }
      const { outcome } = await run(resource, spec, { s: bids(['cpu', 9]), n: bids(['cpu', 3]) })
      expect(outcome).toMatchObject({ type: 'uncleared', reason: 'no-gain' })
    }
  })

  test('a solver that fails is an outcome, not a crash', async () => {
    const broken = resourceMarket({ name: 'broken', solve: () => Promise.reject(new Error('no memory')) })
    const spec = { goods: ['cpu'], sellers: ['s'], clearing: 'bundles' } as const
    const { outcome } = await run(broken, spec, { s: bids(['cpu', 1]), n: bids(['cpu', 3]) })
    expect(outcome).toMatchObject({ type: 'uncleared', reason: 'solver-failed', error: 'no memory' })
  })

  test('refuses an unknown option by name', () => {
    let thrown: unknown
    try {
      resource.check({ goods: ['a'], sellers: ['n'], seller: 1 } as never, [])
    } catch (error) {
      thrown = error
    }
    expect(hasCode(thrown, 'foundation/unknown-name')).toBe(true)
  })
})
