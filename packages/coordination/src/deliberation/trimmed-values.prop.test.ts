import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { spreadOf, trimmedValues, weightedMean, weightedMedian } from './trimmed-values.ts'

const weighted = (...values: number[]) => values.map((value) => ({ value, weight: 1 }))

describe('trimmed values', () => {
  test('lie between honest ones, whatever as many as are trimmed may say', () => {
    const random = seededRandom('trimmed')
    for (let run = 0; run < 500; run++) {
      const liars = random.int(5)
      const honest = Array.from({ length: liars + 1 + random.int(5) }, () => random.normal())
      const lies = Array.from({ length: liars }, () => (random.next() - 0.5) * 10 ** random.int(300))
      const all = [...honest, ...lies].map((value) => ({ value, weight: random.int(4) }))
      const left = trimmedValues(random.shuffle(all), liars)
      const [least, most] = [Math.min(...honest), Math.max(...honest)]
      for (const value of [...left.map((one) => one.value), weightedMedian(left), weightedMean(left)]) {
        expect(value).toBeGreaterThanOrEqual(least)
        expect(value).toBeLessThanOrEqual(most)
      }
    }
  })

  test('are none of those that are too few', () => {
    expect(trimmedValues(weighted(1, 2), 1)).toEqual([])
    expect(trimmedValues([], 0)).toEqual([])
    expect(trimmedValues(weighted(3, 1, 2), 1)).toEqual(weighted(2))
  })
})

describe('a weighted median', () => {
  test('has no more than half of the weight on either side', () => {
    const random = seededRandom('median')
    for (let run = 0; run < 500; run++) {
      const values = Array.from({ length: 1 + random.int(9) }, () => ({ value: random.int(20), weight: random.int(5) }))
      const median = weightedMedian(values)
      const weigh = (those: typeof values) => those.reduce((sum, { weight }) => sum + weight, 0)
      expect(weigh(values.filter(({ value }) => value < median)) * 2).toBeLessThanOrEqual(weigh(values))
      expect(weigh(values.filter(({ value }) => value > median)) * 2).toBeLessThanOrEqual(weigh(values))
    }
  })

  test('of an even number is half way, also where their sum would be too large for a number', () => {
    expect(weightedMedian(weighted(1, 2))).toBe(1.5)
    expect(weightedMedian(weighted(1.5e308, 1.7e308))).toBe(1.6e308)
    expect(spreadOf(weighted(1, 5, 3))).toBe(4)
    expect(spreadOf([])).toBe(0)
    expect(spreadOf(weighted(-1.7e308, 1.7e308))).toBe(Number.MAX_VALUE)
  })
})
