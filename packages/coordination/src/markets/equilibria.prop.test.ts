import { hasCode, seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { type CesPreference, cesDemand } from './ces-demand.ts'
import { type ExchangeMarket, exchangeEquilibrium } from './exchange-market.ts'
import { largestRemainder } from './largest-remainder.ts'
import { fisherViolations } from './market-laws.fixture.ts'
import { respond } from './proportional-response.ts'
import { remainderViolations } from './settlement-laws.fixture.ts'
import { excessDemandResidual, newTatonnement, tatonnement, tatonnementStep } from './tatonnement.ts'

/** Everybody has and wants a bit of everything: there is an equilibrium. */
function drawnExchange(seed: number): ExchangeMarket {
  const random = seededRandom(`exchange ${seed}`)
  const [agents, goods] = [2 + random.int(7), 1 + random.int(6)]
  const table = () =>
    Array.from({ length: agents }, () =>
      Array.from({ length: goods }, () => (seed % 2 === 0 ? random.next() : 1 + random.int(4))),
    )
  return { endowments: table(), utilities: table() }
}

describe('exchangeEquilibrium', () => {
  test('clears, and everybody spends what it earns on what is best, on 150 drawn markets', () => {
    for (let seed = 0; seed < 150; seed++) {
      const market = drawnExchange(seed)
      const { status, prices, shares } = exchangeEquilibrium(market)
      const supply = prices.map((_, good) => market.endowments.reduce((sum, own) => sum + (own[good] ?? 0), 0))
      const earned = market.endowments.map((own) =>
        own.reduce((sum, units, good) => sum + (units / (supply[good] ?? 1)) * (prices[good] ?? 0), 0),
      )
      const utilities = market.utilities.map((own) => own.map((worth, good) => worth * (supply[good] ?? 0)))
      // Envy is to do with who has how much: only those of equal income are held to it, which the law does by income.
      expect([seed, status, ...fisherViolations({ budgets: earned, utilities }, { prices, shares })]).toEqual([
        seed,
        'converged',
      ])
    }
  })

  test('nobody is worse off than with what it brought', () => {
    for (let seed = 0; seed < 100; seed++) {
      const market = drawnExchange(seed)
      const { shares } = exchangeEquilibrium(market)
      for (const [agent, own] of market.endowments.entries()) {
        const worth = (units: readonly number[]) =>
          units.reduce((sum, one, good) => sum + one * (market.utilities[agent]?.[good] ?? 0), 0)
        const got = (shares[agent] ?? []).map(
          (share, good) => share * market.endowments.reduce((sum, all) => sum + (all[good] ?? 0), 0),
        )
        expect(worth(got)).toBeGreaterThan(worth(own) * (1 - 1e-5))
      }
    }
  })

  test('scale of endowments and utilities changes nothing but units', () => {
    const market = drawnExchange(7)
    const { prices } = exchangeEquilibrium(market)
    const scaled = {
      endowments: market.endowments.map((own) => own.map((one) => one * 1e4)),
      utilities: market.utilities.map((own, at) => own.map((one) => one * 10 ** (at - 3))),
    }
    for (const [good, price] of exchangeEquilibrium(scaled).prices.entries())
      expect(price).toBeCloseTo(prices[good] ?? 0, 5)
  })

  test('two who want what the other has swap; a ring of three trades round', () => {
    expect(
      exchangeEquilibrium({
        endowments: [
          [1, 0],
          [0, 1],
        ],
        utilities: [
          [0, 1],
          [1, 0],
        ],
      }),
    ).toMatchObject({
      status: 'converged',
      prices: [0.5, 0.5],
      shares: [
        [0, 1],
        [1, 0],
      ],
    })
    const ring = exchangeEquilibrium({
      endowments: [
        [2, 0, 0],
        [0, 2, 0],
        [0, 0, 2],
      ],
      utilities: [
        [0, 1, 0],
        [0, 0, 1],
        [1, 0, 0],
      ],
    })
    expect(ring.status).toBe('converged')
    for (const price of ring.prices) expect(price).toBeCloseTo(1 / 3, 6)
  })

  test('who owns nothing that is wanted takes no part, and neither do those who lived off it', () => {
    const found = exchangeEquilibrium({
      endowments: [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
      utilities: [
        [0, 1, 0],
        [1, 0, 0],
        [1, 1, 0],
      ],
    })
    expect(found).toMatchObject({ status: 'converged', prices: [0.5, 0.5, 0] })
    expect(found.shares[2]).toEqual([0, 0, 0])
  })

  test('where there is no equilibrium it says so, and does not go on for ever', () => {
    // The first wants what the third has, who wants nothing that others have; the second keeps the first’s good from being worthless.
    const market = {
      endowments: [
        [1, 0],
        [1, 0],
        [0, 1],
      ],
      utilities: [
        [0, 1],
        [1, 0],
        [0, 1],
      ],
    }
    const found = exchangeEquilibrium(market)
    expect(found.status).toBe('budget')
    expect(found.residual).toBeGreaterThan(0.01)
  })

  test.each([
    ['other agents', [[1]], [[1], [1]]],
    ['other goods', [[1, 1]], [[1]]],
    ['a good that nobody has', [[1, 0]], [[1, 1]]],
    ['less than nothing', [[-1]], [[1]]],
    ['no number', [[1]], [[Number.NaN]]],
    ['nobody', [], []],
  ])('refuses %s', (_, endowments, utilities) => {
    expect(codeOf(() => exchangeEquilibrium({ endowments, utilities }))).toBe('coordination/invalid-market')
  })
})

describe('proportional response', () => {
  test('spends every budget and sells every good at each step, and gets nearer all the time', () => {
    const random = seededRandom('responses')
    const utilities = Array.from({ length: 8 }, () => Array.from({ length: 5 }, () => random.next()))
    const market = { budgets: utilities.map(() => 1 + random.int(9)), utilities }
    let bids = respond(market, undefined, 0)
    for (let step = 0; step < 50; step++) {
      bids = respond(market, bids, 1)
      for (const [agent, own] of bids.bids.entries()) {
        expect(own.reduce((sum, one) => sum + one, 0)).toBeCloseTo(market.budgets[agent] as number, 9)
      }
      for (const good of bids.prices.keys()) {
        expect(bids.shares.reduce((sum, own) => sum + (own[good] as number), 0)).toBeCloseTo(1, 9)
      }
    }
  })
})

describe('tatonnement', () => {
  const population = (seed: number, size: number, goods: number): CesPreference[] => {
    const random = seededRandom(`ces ${seed}`)
    return Array.from({ length: size }, () => ({
      budget: 1 + random.int(100),
      weights: Array.from({ length: goods }, () => random.next()),
      elasticity: 1 + 3 * random.next(),
    }))
  }
  const demandOf = (agents: readonly CesPreference[], goods: number) => (prices: readonly number[]) => {
    const total = new Array<number>(goods).fill(0)
    for (const agent of agents)
      for (const [good, units] of cesDemand(agent, prices).entries()) total[good] = (total[good] as number) + units
    return total
  }

  test('clears 40 drawn markets of gross substitutes, from wherever it begins', () => {
    for (let seed = 0; seed < 40; seed++) {
      const random = seededRandom(`begin ${seed}`)
      const goods = 1 + random.int(8)
      const supply = Array.from({ length: goods }, () => 1 + random.int(50))
      const agents = population(seed, 1 + random.int(20), goods)
      const demandAt = demandOf(agents, goods)
      const prices = Array.from({ length: goods }, () => 10 ** (random.int(7) - 3))
      const found = tatonnement(demandAt, { supply, prices })
      expect([seed, found.status]).toEqual([seed, 'converged'])
      expect(excessDemandResidual(demandAt(found.prices), supply)).toBe(found.residual)
      const money = found.prices.reduce((sum, price, good) => sum + price * (supply[good] as number), 0)
      expect(money / agents.reduce((sum, { budget }) => sum + budget, 0)).toBeCloseTo(1, 5)
    }
  })

  test('Cobb and Douglas are priced in one step, by their shares of money', () => {
    const agents = [
      { budget: 30, weights: [1, 2], elasticity: 1 },
      { budget: 10, weights: [1, 1], elasticity: 1 },
    ]
    const { prices, iterations } = tatonnement(demandOf(agents, 2), { supply: [1, 1] })
    expect(prices[0]).toBeCloseTo(15, 6)
    expect(prices[1]).toBeCloseTo(25, 6)
    expect(iterations).toBeLessThan(6)
  })

  test('no price moves by more than four times in a step, and none reaches 0', () => {
    const next = tatonnementStep(newTatonnement([1, 1]), [0, 1e9], [1, 1])
    expect(next.prices).toEqual([0.25, 4])
  })

  test('however long it goes on, prices stay numbers above 0', () => {
    const { prices } = tatonnement(() => [0, 1, 5], { supply: [1, 1, 1], iterationsMax: 2_000 })
    for (const price of prices) expect(price > 0 && price < Number.POSITIVE_INFINITY, `${prices}`).toBe(true)
  })

  test('says honestly that it did not come to an end where there is none', () => {
    const found = tatonnement(() => [2], { supply: [1], iterationsMax: 50 })
    expect(found).toMatchObject({ status: 'budget', residual: 1, iterations: 50 })
  })

  test.each([
    ['no goods', () => tatonnement(() => [])],
    ['a supply of nothing', () => tatonnement(() => [1], { supply: [0] })],
    ['prices of other goods', () => tatonnement(() => [1], { supply: [1], prices: [1, 1] })],
    ['a demand that is no number', () => tatonnement(() => [Number.NaN], { supply: [1] })],
    ['a demand of other goods', () => tatonnement(() => [1, 1], { supply: [1] })],
    ['a negative demand', () => tatonnement(() => [-1], { supply: [1] })],
  ])('refuses %s', (_, run) => {
    expect(codeOf(run)).toBe('coordination/invalid-market')
  })
})

describe('cesDemand', () => {
  test('spends the budget, whatever the elasticity and however prices differ', () => {
    for (const elasticity of [0.1, 1, 2, 50]) {
      const prices = [1e-9, 1, 1e9]
      const units = cesDemand({ budget: 7, weights: [1, 2, 3], elasticity }, prices)
      expect(units.reduce((sum, one, good) => sum + one * (prices[good] as number), 0)).toBeCloseTo(7, 9)
    }
  })

  test.each([
    ['no elasticity', { budget: 1, weights: [1], elasticity: 0 }, [1]],
    ['a negative budget', { budget: -1, weights: [1], elasticity: 1 }, [1]],
    ['weights of nothing', { budget: 1, weights: [0], elasticity: 1 }, [1]],
    ['a weight below 0', { budget: 1, weights: [1, -1], elasticity: 1 }, [1, 1]],
    ['other goods', { budget: 1, weights: [1], elasticity: 1 }, [1, 1]],
    ['a price of nothing', { budget: 1, weights: [1], elasticity: 1 }, [0]],
  ])('refuses %s', (_, preference, prices) => {
    expect(codeOf(() => cesDemand(preference, prices))).toBe('coordination/invalid-market')
  })
})

describe('largestRemainder', () => {
  test('shares out every unit, near to what is due, also of sums at the end of safe integers', () => {
    for (let seed = 0; seed < 400; seed++)
      expect([seed, ...remainderViolations(largestRemainder, seed)]).toEqual([seed])
  })

  test('is exact where shares are whole, and gives nothing where nobody has a claim', () => {
    expect(largestRemainder(6, [1, 2, 3])).toEqual([1, 2, 3])
    expect(largestRemainder(5, [0, 0])).toEqual([0, 0])
    expect(largestRemainder(5, [])).toEqual([])
    expect(largestRemainder(0, [1])).toEqual([0])
  })

  test.each([
    [-1, [1]],
    [0.5, [1]],
    [Number.NaN, [1]],
    [1, [-1]],
    [1, [Number.NaN]],
    [1, [Number.POSITIVE_INFINITY]],
  ])('refuses %s by %j', (total, weights) => {
    expect(codeOf(() => largestRemainder(total, weights))).toBe('coordination/invalid-market')
  })
})

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (thrown) {
    return hasCode(thrown, 'coordination/invalid-market') ? 'coordination/invalid-market' : String(thrown)
  }
  return 'nothing thrown'
}
