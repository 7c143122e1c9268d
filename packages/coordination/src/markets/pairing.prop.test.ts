import { hasCode, seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { assignment, assignmentMax, assignmentValueMax } from './assignment.ts'
import { assignmentViolations, drawnSides, matchingViolations } from './pairing-laws.fixture.ts'
import { blockingPair, matchingMax, stableMatching } from './stable-matching.ts'

describe('assignment', () => {
  test('is the best of all there are, with prices that prove it, on 300 drawn tables up to 7 x 7', () => {
    for (let seed = 0; seed < 300; seed++) expect([seed, ...assignmentViolations(assignment, seed)]).toEqual([seed])
  })

  test('of 300 agents and 200 items: prices prove that nothing is worth more', () => {
    const random = seededRandom('large')
    const values = Array.from({ length: 300 }, () => Array.from({ length: 200 }, () => random.int(1_000_000)))
    const { value, prices, gains, items } = assignment(values)
    expect(prices.reduce((sum, one) => sum + one, 0) + gains.reduce((sum, one) => sum + one, 0)).toBe(value)
    expect(
      values.every((own, agent) =>
        own.every((worth, item) => worth <= (prices[item] as number) + (gains[agent] as number)),
      ),
    ).toBe(true)
    expect(items.filter((item) => item >= 0)).toHaveLength(200)
  })

  test('is exact at the largest values', () => {
    const most = assignmentValueMax
    expect(
      assignment([
        [most, most - 1],
        [most, most - 3],
      ]),
    ).toMatchObject({ items: [1, 0], value: 2 * most - 1 })
  })

  test.each([
    ['nobody', []],
    ['nothing', [[]]],
    ['rows of different lengths', [[1, 2], [1]]],
    ['a negative value', [[-1]]],
    ['part of a unit', [[0.5]]],
    ['no number', [[Number.NaN]]],
    ['more than 10¹²', [[assignmentValueMax + 1]]],
  ])('refuses %s', (_, values) => {
    expect(codeOf(() => assignment(values))).toBe('coordination/invalid-market')
  })

  test('takes 2,000 items and not 2,001', () => {
    const row = (length: number) => [Array.from({ length }, (_, at) => at)]
    expect(assignment(row(assignmentMax)).items).toEqual([assignmentMax - 1])
    expect(codeOf(() => assignment(row(assignmentMax + 1)))).toBe('coordination/market-too-large')
  })
})

describe('stableMatching', () => {
  test('is stable and the best for all who propose, among all there are, on 300 drawn pairs of sides', () => {
    for (let seed = 0; seed < 300; seed++) expect([seed, ...matchingViolations(stableMatching, seed)]).toEqual([seed])
  })

  test('nobody who proposes gains by another ranking', () => {
    for (let seed = 0; seed < 60; seed++) {
      const sides = drawnSides(seed)
      const random = seededRandom(`lie ${seed}`)
      const { receiverOf } = stableMatching(sides)
      for (const [liar, truth] of sides.proposers.entries()) {
        const lie = random.shuffle(truth).slice(0, random.int(truth.length + 1))
        const lied = stableMatching({ ...sides, proposers: sides.proposers.with(liar, lie) }).receiverOf[liar] as number
        const rank = (one: number) => (one < 0 ? truth.length : truth.indexOf(one))
        expect(rank(lied)).toBeGreaterThanOrEqual(rank(receiverOf[liar] as number))
      }
    }
  })

  test('of 200 on each side nobody would rather leave', () => {
    const random = seededRandom('village')
    const wishes = () => Array.from({ length: 200 }, () => random.shuffle(Array.from({ length: 200 }, (_, at) => at)))
    const sides = { proposers: wishes(), receivers: wishes() }
    const { receiverOf } = stableMatching(sides)
    expect(blockingPair(sides, receiverOf)).toBeUndefined()
    const [first, second] = receiverOf as [number, number]
    expect(blockingPair(sides, receiverOf.with(0, second).with(1, first))).toBeDefined()
  })

  test('names who is with somebody that it does not want, or that has no room', () => {
    const sides = { proposers: [[0], [0]], receivers: [[0]] }
    expect(blockingPair(sides, [-1, 0])).toEqual({ proposer: 1, receiver: 0 })
    expect(blockingPair(sides, [0, 0])).toBeDefined()
    expect(blockingPair(sides, [-1, -1])).toEqual({ proposer: 0, receiver: 0 })
  })

  test.each([
    ['somebody that there is not', { proposers: [[1]], receivers: [[0]] }],
    ['somebody twice', { proposers: [[0, 0]], receivers: [[0]] }],
    ['half of somebody', { proposers: [[0.5]], receivers: [[0]] }],
    ['room of other receivers', { proposers: [[0]], receivers: [[0]], capacities: [] }],
    ['room for less than nobody', { proposers: [[0]], receivers: [[0]], capacities: [-1] }],
  ])('refuses %s', (_, sides) => {
    expect(codeOf(() => stableMatching(sides))).toBe('coordination/invalid-market')
  })

  test('takes 5,000 who propose and not 5,001, and nobody at all', () => {
    const side = (length: number) => Array.from({ length }, (): number[] => [])
    expect(stableMatching({ proposers: side(matchingMax), receivers: [[]] }).proposals).toBe(0)
    expect(codeOf(() => stableMatching({ proposers: side(matchingMax + 1), receivers: [[]] }))).toBe(
      'coordination/market-too-large',
    )
    expect(stableMatching({ proposers: [], receivers: [] }).receiverOf).toEqual([])
  })
})

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (thrown) {
    const codes = ['coordination/invalid-market', 'coordination/market-too-large']
    return codes.find((code) => hasCode(thrown, code)) ?? String(thrown)
  }
  return 'nothing thrown'
}
