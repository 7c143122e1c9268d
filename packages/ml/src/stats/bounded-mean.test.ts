import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { meanInterval } from './mean-interval.ts'
import { pairedDifference } from './paired-difference.ts'

const unit = { bounds: [0, 1] } as const

describe('bounds', () => {
  test('are the interval of one score, also of one that is 0 or 1, and of one difference', () => {
    for (const score of [0, 0.3, 1]) {
      expect(meanInterval([score], unit)).toEqual({ mean: score, ci95: [0, 1], n: 1, method: 'bounds' })
    }
    expect(pairedDifference([1], [0], { bounds: [-1, 1] })).toMatchObject({ ci95: [-1, 1], method: 'bounds' })
  })

  test('give equal scores the exact interval for what was not seen', () => {
    const { ci95, method } = meanInterval([0.5, 0.5, 0.5, 0.5, 0.5], unit)
    expect(method).toBe('unseen-share')
    // The upper 95 % limit of 0 of 5 by Clopper and Pearson, as published, is 0.5218.
    expect(ci95[0]).toBeCloseTo(0.5 - 0.5218 / 2, 4)
    expect(ci95[1]).toBeCloseTo(0.5 + 0.5218 / 2, 4)
  })

  test('leave no certainty that two programs are equal because they were so far', () => {
    const scores = [0.2, 0.5, 0.9]
    const { difference, ci95 } = pairedDifference(scores, scores, { bounds: [-1, 1] })
    expect(difference).toBe(0)
    expect(ci95[0]).toBeCloseTo(-0.7076, 4)
    expect(ci95[1]).toBeCloseTo(0.7076, 4)
  })

  test('cut what resampling of scores would put beyond them, and change nothing else', () => {
    const random = seededRandom(3)
    const scores = Array.from({ length: 30 }, () => random.next())
    expect(meanInterval(scores, unit)).toEqual(meanInterval(scores))
    const bits = [1, 1, 0, 1]
    expect(meanInterval(bits, unit)).toEqual(meanInterval(bits))
    expect(pairedDifference(bits, [0, 1, 0, 0], { bounds: [-1, 1] }).method).toBe('tango')
    const many = Array.from({ length: 10_001 }, (_, i) => (i === 0 ? 1 : 0.001))
    expect(meanInterval(many).ci95[0]).toBeLessThan(0.001)
    expect(meanInterval(many, { bounds: [0.001, 1] }).ci95[0]).toBe(0.001)
  })

  test('wider than 0 to 1 say that scores are no shares of successes', () => {
    expect(meanInterval([1, 1], { bounds: [0, 10] }).method).toBe('unseen-share')
    expect(pairedDifference([1, 1], [0, 0], { bounds: [-10, 10] }).method).toBe('unseen-share')
  })

  test('that are none, or that scores go beyond, are refused', () => {
    for (const bounds of [[1, 0], [0, Infinity], [0], [0, 0], '01']) {
      expect(() => meanInterval([0.5], { bounds } as never)).toThrow(
        'meanInterval: bounds: expected two finite numbers, the lower one first, got ',
      )
    }
    expect(meanInterval([0, 1, 0.5], unit).ci95).toHaveLength(2)
    expect(() => meanInterval([0, 1.01], unit)).toThrow(
      'meanInterval: [1]: expected a number from 0 to 1, as bounds say, got 1.01',
    )
    expect(() => pairedDifference([3], [1], { bounds: [-1, 1] })).toThrow('pairedDifference: a - b: [0]: expected')
  })
})
