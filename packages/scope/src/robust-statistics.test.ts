import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { median, robustDeviation, slopeOf, trendScore } from './robust-statistics.ts'

describe('median', () => {
  test('is the middle, or the mean of the two in the middle, in any order', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 3, 2])).toBe(2.5)
    expect(median([10, 9, 100])).toBe(10)
    expect(median([])).toBeNaN()
  })
})

describe('robustDeviation', () => {
  test('of normal values is near their standard deviation, and a few wild ones hardly move it', () => {
    const random = seededRandom('normal')
    const values = Array.from({ length: 5_000 }, () => 100 + 7 * random.normal())
    expect(robustDeviation(values, median(values))).toBeCloseTo(7, 0)
    const wild = [...values, ...new Array<number>(250).fill(1e9)]
    expect(robustDeviation(wild, median(wild))).toBeLessThan(8)
  })

  test('where most values are equal it is of the mean distance, and of equal values 0', () => {
    expect(robustDeviation([5, 5, 5, 5, 9], 5)).toBeCloseTo(1.2533 * 0.8)
    expect(robustDeviation([5, 5, 5], 5)).toBe(0)
  })
})

describe('trendScore', () => {
  test('agrees with the worked values of the test without and with ties', () => {
    // S = 10, variance 5 * 4 * 15 / 18; then S = 9 with one tie of two: (300 - 18) / 18.
    expect(trendScore([1, 2, 3, 4, 5])).toBeCloseTo(9 / Math.sqrt(300 / 18))
    expect(trendScore([1, 2, 2, 3, 4])).toBeCloseTo(8 / Math.sqrt(282 / 18))
  })

  test('is turned around with the order of the values, and 0 where none is larger', () => {
    const random = seededRandom('trend')
    const values = Array.from({ length: 40 }, (_, i) => i + 10 * random.normal())
    expect(trendScore([...values].reverse())).toBeCloseTo(-trendScore(values))
    expect(trendScore([7, 7, 7])).toBe(0)
    expect(trendScore([])).toBe(0)
  })
})

describe('slopeOf', () => {
  test('is that of a line, whatever a few values say', () => {
    const line = Array.from({ length: 30 }, (_, i) => 3 * i + 2)
    expect(slopeOf(line)).toBe(3)
    expect(slopeOf(line.with(4, 1e6).with(20, -1e6))).toBeCloseTo(3)
    expect(slopeOf([1])).toBe(0)
  })
})
