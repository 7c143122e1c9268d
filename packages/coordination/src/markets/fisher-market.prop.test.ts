import { hasCode, seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { equilibriumResidual } from './clearing.ts'
import { fisherEquilibrium } from './fisher-market.ts'
import { drawnFisherMarket, fisherViolations } from './market-laws.fixture.ts'

describe('fisherEquilibrium', () => {
  test('clears, spends budgets, buys only what is best, and is envy-free and efficient, on 300 drawn markets', () => {
    for (let seed = 0; seed < 300; seed++) {
      const market = drawnFisherMarket(seed)
      const found = fisherEquilibrium(market)
      expect([seed, found.status, ...fisherViolations(market, found)]).toEqual([seed, 'converged'])
    }
  })

  test('finds the prices that are known by hand', () => {
    expect(
      fisherEquilibrium({
        budgets: [1, 3],
        utilities: [
          [1, 1],
          [1, 1],
        ],
      }).prices,
    ).toEqual([2, 2])
    const { prices, shares } = fisherEquilibrium({
      budgets: [2, 6],
      utilities: [
        [1, 0],
        [0, 5],
      ],
    })
    expect(prices).toEqual([2, 6])
    expect(shares).toEqual([
      [1, 0],
      [0, 1],
    ])
  })

  test('prices do not depend on the scale of anybody’s utility, and grow with money', () => {
    for (let seed = 0; seed < 30; seed++) {
      const random = seededRandom(`scale ${seed}`)
      const market = drawnFisherMarket(seed)
      const { prices } = fisherEquilibrium(market)
      const scaled = {
        ...market,
        utilities: market.utilities.map((own) => {
          const by = 10 ** (random.int(13) - 6)
          return own.map((one) => one * by)
        }),
      }
      const total = market.budgets.reduce((sum, one) => sum + one, 0)
      for (const [good, price] of fisherEquilibrium(scaled).prices.entries()) {
        expect(Math.abs(price - (prices[good] ?? 0)) / total).toBeLessThan(1e-5)
      }
      const richer = { ...market, budgets: market.budgets.map((one) => one * 1_000) }
      for (const [good, price] of fisherEquilibrium(richer).prices.entries()) {
        expect(Math.abs(price / 1_000 - (prices[good] ?? 0)) / total).toBeLessThan(1e-5)
      }
    }
  })

  test('a good that nobody wants is free and stays; one that somebody wants is sold out', () => {
    const { prices, shares, status } = fisherEquilibrium({
      budgets: [5, 5],
      utilities: [
        [1, 0, 2],
        [3, 0, 1],
      ],
    })
    expect(status).toBe('converged')
    expect(prices[1]).toBe(0)
    expect(shares.map((own) => own[1])).toEqual([0, 0])
  })

  test('says honestly how far it got when it is given no time', () => {
    const market = drawnFisherMarket(3, { agents: 40, goods: 20 })
    const stopped = fisherEquilibrium(market, { iterationsMax: 3 })
    expect(stopped.status).toBe('budget')
    expect(stopped.iterations).toBe(3)
    expect(stopped.residual).toBe(equilibriumResidual(market, stopped.prices, stopped.shares))
  })

  test('too large for Newton’s method it goes on with the simple steps, and says how far it got', () => {
    const market = drawnFisherMarket(1, { agents: 3, goods: 600 })
    const found = fisherEquilibrium(market, { iterationsMax: 400 })
    expect(found.method).toBe('proportional-response')
    expect(found.iterations).toBeLessThanOrEqual(400)
    expect(found.residual).toBe(equilibriumResidual(market, found.prices, found.shares))
  })

  test('budgets that differ by eight orders of magnitude are all spent', () => {
    const market = {
      ...drawnFisherMarket(5, { agents: 20, goods: 5 }),
      budgets: Array.from({ length: 20 }, (_, at) => 10 ** (at % 9)),
    }
    expect(fisherEquilibrium(market).status).toBe('converged')
  })

  test.each([
    ['no agents', [], []],
    ['no goods', [1], [[]]],
    ['a budget of nothing', [0], [[1]]],
    ['a negative budget', [-1], [[1]]],
    ['a budget that is no number', [Number.NaN], [[1]]],
    ['an infinite budget', [Number.POSITIVE_INFINITY], [[1]]],
    ['budgets of other agents', [1, 2], [[1]]],
    ['rows of different lengths', [1, 2], [[1, 2], [1]]],
    ['a negative utility', [1], [[-1]]],
    ['a utility that is no number', [1], [[Number.NaN]]],
    ['an agent that wants nothing', [1, 1], [[1], [0]]],
  ])('refuses %s', (_, budgets, utilities) => {
    expect(codeOf(() => fisherEquilibrium({ budgets, utilities }))).toBe('coordination/invalid-market')
  })

  test('refuses more than a million cells, and options that it does not know', () => {
    const row = new Array<number>(1_000_001).fill(1)
    expect(codeOf(() => fisherEquilibrium({ budgets: [1], utilities: [row] }))).toBe('coordination/market-too-large')
    expect(() => fisherEquilibrium({ budgets: [1], utilities: [[1]] }, { residualMx: 1 } as object)).toThrow(
      'did you mean',
    )
    expect(codeOf(() => fisherEquilibrium({ budgets: [1], utilities: [[1]] }, { residualMax: 0 }))).toBe(
      'foundation/invalid-option',
    )
  })
})

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (thrown) {
    const codes = ['coordination/invalid-market', 'coordination/market-too-large', 'foundation/invalid-option']
    return codes.find((code) => hasCode(thrown, code)) ?? String(thrown)
  }
  return 'nothing thrown'
}
