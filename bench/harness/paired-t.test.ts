import { expect, test } from 'vitest'
import { pairedT } from './paired-t.ts'

const zeros = (count: number) => Array.from({ length: count }, () => 0)

/** Half the width of the 95 % interval, in standard errors. */
function factor(n: number): number {
  const spread = Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 1 : -1))
  const { difference, interval } = pairedT(spread, zeros(n))
  const squares = spread.reduce((sum, one) => sum + (one - difference) ** 2, 0)
  return (interval(0.95)[1] - difference) / Math.sqrt(squares / (n - 1) / n)
}

test.each([
  [2, 12.706],
  [3, 4.303],
  [5, 2.776],
  [20, 2.093],
  [21, 2.086],
])('intervals of %i differences are as wide as the table of Student says', (n, t) => {
  expect(factor(n)).toBeCloseTo(t, 3)
})

test('the interval at the level of the p value ends at zero', () => {
  const { p, interval } = pairedT([0.3, 0.5, 0.4, 0.6], [0.2, 0.45, 0.41, 0.5])
  expect(p).toBeGreaterThan(0.05)
  expect(interval(1 - p)[0]).toBeCloseTo(0, 9)
})

test('equal differences leave no doubt, one difference leaves all', () => {
  expect(pairedT([1, 1], [1, 1])).toMatchObject({ difference: 0, p: 1 })
  expect(pairedT([1, 1], [0, 0])).toMatchObject({ difference: 1, p: 0 })
  expect(pairedT([1], [0])).toMatchObject({ difference: 1, p: 1 })
  expect(pairedT([1], [0]).interval(0.95)).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])
})

test('lists that are no pairs are refused', () => {
  expect(() => pairedT([1, 2], [1])).toThrow('expected pairs, got 2 and 1')
  expect(() => pairedT([], [])).toThrow('expected pairs')
})
