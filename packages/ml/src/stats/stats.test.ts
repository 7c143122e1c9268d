import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { bootstrapMax } from './bootstrap.ts'
import { meanInterval } from './mean-interval.ts'
import { pairedDifference } from './paired-difference.ts'
import { mean, median, quantile } from './quantile.ts'

const bits = (ones: number, n: number) => Array.from({ length: n }, (_, i) => (i < ones ? 1 : 0))

describe('quantile', () => {
  test('interpolates as R and NumPy do by default', () => {
    expect(quantile([10, 20, 30, 40], 0.25)).toBe(17.5)
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 2, 3])).toBe(2.5)
    expect([quantile([5, 1, 9], 0), quantile([5, 1, 9], 1)]).toEqual([1, 9])
  })

  test('refuses what has no answer', () => {
    expect(() => mean([])).toThrow('mean: expected at least one number, got []')
    expect(() => median([1, Number.NaN])).toThrow('quantile: [1]: expected a finite number, got NaN')
    expect(() => quantile([1], 2)).toThrow('quantile: p: expected a number from 0 to 1, got 2')
  })
})

describe('meanInterval', () => {
  test("is Wilson's for shares: published values", () => {
    const { ci95, method } = meanInterval(bits(81, 263))
    expect(method).toBe('wilson')
    expect(ci95[0]).toBeCloseTo(0.2553, 4)
    expect(ci95[1]).toBeCloseTo(0.3662, 4)
    expect(meanInterval(bits(0, 20)).ci95[0]).toBe(0)
    expect(meanInterval(bits(0, 20)).ci95[1]).toBeCloseTo(0.1611, 4)
  })

  test('covers the mean of skewed scores about as often as it says', () => {
    const random = seededRandom(8)
    let covered = 0
    for (let i = 0; i < 300; i++) {
      const { ci95 } = meanInterval(
        Array.from({ length: 40 }, () => random.next() ** 3),
        { random: random.fork(i) },
      )
      if (ci95[0] <= 0.25 && 0.25 <= ci95[1]) covered++
    }
    expect(covered / 300).toBeGreaterThan(0.9)
    expect(covered / 300).toBeLessThan(0.99)
  })

  test('is the same for the same scores and stream', () => {
    const scores = [0.1, 0.5, 0.9, 0.7]
    expect(meanInterval(scores)).toEqual(meanInterval(scores))
    expect(meanInterval(scores).method).toBe('bca')
  })

  test('is an interval for any finite scores, however small their spread', () => {
    const smallest = Number.MIN_VALUE
    for (const scores of [
      [0, smallest],
      [0, 0, smallest],
      [0.5, 0.5 + Number.EPSILON],
    ]) {
      const [low, high] = meanInterval(scores).ci95
      expect([low, high].every((end) => end >= (scores[0] as number) && end <= (scores.at(-1) as number))).toBe(true)
    }
  })

  test('says what it did where resampling says nothing', () => {
    expect(meanInterval([0.3, 0.3])).toMatchObject({ ci95: [0.3, 0.3], method: 'constant' })
    expect(meanInterval([0.3])).toMatchObject({ ci95: [-Infinity, Infinity], method: 'none' })
    const many = Array.from({ length: bootstrapMax + 1 }, (_, i) => (i % 7) / 7)
    expect(meanInterval(many).method).toBe('normal')
    expect(meanInterval(many.slice(1)).method).toBe('bca')
  })
})

describe('pairedDifference', () => {
  test('of shares solves the score equation at both ends', () => {
    const a = [...bits(12, 12), ...bits(0, 2), ...bits(36, 36)]
    const b = [...bits(0, 12), ...bits(2, 2), ...bits(36, 36)]
    const { difference, ci95, n, method } = pairedDifference(a, b)
    expect({ difference, n, method }).toEqual({ difference: 0.2, n: 50, method: 'tango' })
    const statistic = (delta: number) => {
      // The shares that are only b's, given the difference: the likeliest of a fine grid.
      const likelihood = (q: number) => 12 * Math.log(q + delta) + 2 * Math.log(q) + 36 * Math.log(1 - 2 * q - delta)
      const grid = Array.from({ length: 200_000 }, (_, i) => ((i + 0.5) / 200_000) * ((1 - delta) / 2))
      const q = grid.reduce((best, one) => (likelihood(one) > likelihood(best) ? one : best))
      return (10 - 50 * delta) / Math.sqrt(50 * (2 * q + delta - delta * delta))
    }
    expect(statistic(ci95[0])).toBeCloseTo(1.96, 3)
    expect(statistic(ci95[1])).toBeCloseTo(-1.96, 3)
  })

  test('turns round with its arguments', () => {
    const random = seededRandom(2)
    const a = Array.from({ length: 30 }, () => random.int(2))
    const b = Array.from({ length: 30 }, () => random.int(2))
    const [there, back] = [pairedDifference(a, b), pairedDifference(b, a)]
    expect(there.difference).toBeCloseTo(-back.difference, 12)
    expect(there.ci95[0]).toBeCloseTo(-back.ci95[1], 9)
  })

  test('of equal lists is 0 with an interval around it', () => {
    const { ci95 } = pairedDifference(bits(10, 20), bits(10, 20))
    expect(ci95[0]).toBeLessThan(0)
    expect(ci95[1]).toBeGreaterThan(0)
  })

  test('covers the true difference of shares about as often as it says', () => {
    const random = seededRandom(21)
    let covered = 0
    for (let i = 0; i < 1_000; i++) {
      const hard = Array.from({ length: 60 }, () => random.next())
      const a = hard.map((h) => Number(h < 0.8 || random.next() < 0.2))
      const b = hard.map((h) => Number(h < 0.5 || random.next() < 0.2))
      const { ci95 } = pairedDifference(a, b)
      if (ci95[0] <= 0.24 && 0.24 <= ci95[1]) covered++
    }
    expect(covered / 1_000).toBeGreaterThan(0.93)
    expect(covered / 1_000).toBeLessThan(0.98)
  })

  test('sees through what is hard for both', () => {
    const random = seededRandom(5)
    const b = Array.from({ length: 80 }, () => random.next())
    const { ci95, method } = pairedDifference(
      b.map((score) => score + 0.02 + 0.01 * random.normal()),
      b,
    )
    expect(method).toBe('bca')
    expect(ci95[0]).toBeGreaterThan(0)
  })

  test('refuses lists of different lengths', () => {
    expect(() => pairedDifference([1, 0], [1])).toThrow('pairedDifference: b: expected 2 scores as in a, got 1')
  })
})
