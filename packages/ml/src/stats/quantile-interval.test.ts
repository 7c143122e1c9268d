import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { quantileInterval } from './quantile-interval.ts'

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)

describe('quantileInterval', () => {
  test('has the ranks of published tables: the median of 10, 20 and 50 values', () => {
    expect(quantileInterval(upTo(10)).interval).toEqual([2, 9])
    expect(quantileInterval(upTo(20)).interval).toEqual([6, 15])
    expect(quantileInterval(upTo(50)).interval).toEqual([18, 33])
    expect(quantileInterval(upTo(10)).coverage).toBeCloseTo(0.9785, 4)
  })

  test('holds the quantile at least as often as it says, and as often as its coverage', () => {
    const random = seededRandom(12)
    for (const p of [0.5, 0.9]) {
      let [held, promised] = [0, 0]
      const truth = -Math.log(1 - p)
      for (let i = 0; i < 1_000; i++) {
        const values = Array.from({ length: 60 }, () => -Math.log(1 - random.next()))
        const { interval, coverage } = quantileInterval(values, { p })
        held += Number(interval[0] <= truth && truth <= interval[1])
        promised = coverage
      }
      expect(promised).toBeGreaterThanOrEqual(0.95)
      expect(Math.abs(held / 1_000 - promised)).toBeLessThan(0.02)
    }
  })

  test('has no end where there are too few values to give one, but that of the bounds', () => {
    expect(quantileInterval(upTo(5)).interval).toEqual([-Infinity, Infinity])
    expect(quantileInterval(upTo(6)).interval).toEqual([1, 6])
    expect(quantileInterval([0.2], { bounds: [0, 1] })).toEqual({ value: 0.2, interval: [0, 1], coverage: 1, n: 1 })
    expect(quantileInterval(upTo(20), { p: 0.99 }).interval).toEqual([19, Infinity])
  })

  test('is wider for a higher level, and takes many values and the ends', () => {
    const wide = quantileInterval(upTo(100), { level: 0.999 }).interval
    const narrow = quantileInterval(upTo(100), { level: 0.5 }).interval
    expect(wide[0]).toBeLessThan(narrow[0])
    expect(wide[1]).toBeGreaterThan(narrow[1])
    const [low, high] = quantileInterval(upTo(100_000)).interval
    expect([low, high].map((end) => Math.abs(end - 50_000) < 320)).toEqual([true, true])
    expect(quantileInterval(upTo(9), { p: 0 }).interval).toEqual([-Infinity, 1])
    expect(quantileInterval(upTo(9), { p: 1 }).interval).toEqual([9, Infinity])
  })

  test('refuses what has no answer', () => {
    expect(() => quantileInterval([])).toThrow('quantileInterval: expected at least one number')
    expect(() => quantileInterval([1], { p: 1.1 })).toThrow('quantileInterval: p')
    expect(() => quantileInterval([2], { bounds: [0, 1] })).toThrow('as bounds say')
    expect(() => quantileInterval([2], { levle: 0.9 } as never)).toThrow('did you mean "level"')
  })
})
