import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Bounds } from './bounded-mean.ts'
import { meanInterval } from './mean-interval.ts'
import { pairedDifference } from './paired-difference.ts'

const score = fc.oneof(
  fc.constantFrom(0, 0.5, 1),
  fc.integer({ min: 0, max: 1_000 }).map((thousandths) => thousandths / 1_000),
)
const few = fc.array(score, { minLength: 1, maxLength: 12 })
const width = ([low, high]: Bounds) => high - low
const repeated = <T>(values: readonly T[], times: number): T[] => Array.from({ length: times }, () => values).flat()
/** Of sums of a few numbers from -1 to 1. */
const rounding = 1e-12

function expectWithin([low, high]: Bounds, bounds: Bounds, center: number) {
  expect(low).toBeGreaterThanOrEqual(bounds[0])
  expect(high).toBeLessThanOrEqual(bounds[1])
  expect(low).toBeLessThan(high)
  expect(low).toBeLessThanOrEqual(center + rounding)
  expect(high).toBeGreaterThanOrEqual(center - rounding)
}

describe('meanInterval with bounds', () => {
  test('has a width, contains the mean, and stays inside', () => {
    fc.assert(
      fc.property(few, (scores) => {
        const { ci95, mean } = meanInterval(scores, { bounds: [0, 1] })
        expectWithin(ci95, [0, 1], mean)
      }),
    )
  })

  test('shrinks with the number of scores', () => {
    fc.assert(
      fc.property(few, (scores) => {
        const once = meanInterval(scores, { bounds: [0, 1] })
        const often = meanInterval(repeated(scores, 8), { bounds: [0, 1] })
        expect(width(often.ci95)).toBeLessThan(width(once.ci95))
      }),
    )
  })

  test('of equal scores shrinks with each one more', () => {
    const inside = fc.double({ min: 0.01, max: 0.99, noNaN: true })
    fc.assert(
      fc.property(inside, fc.integer({ min: 1, max: 200 }), (one, n) => {
        const [less, more] = [repeated([one], n), repeated([one], n + 1)]
        expect(width(meanInterval(more, { bounds: [0, 1] }).ci95)).toBeLessThan(
          width(meanInterval(less, { bounds: [0, 1] }).ci95),
        )
      }),
    )
  })
})

describe('pairedDifference with bounds', () => {
  const pairs = fc.array(fc.tuple(score, score), { minLength: 1, maxLength: 12 })

  test('has a width, contains the difference, and stays inside', () => {
    fc.assert(
      fc.property(pairs, (given) => {
        const [a, b] = [given.map(([one]) => one), given.map(([, other]) => other)]
        const { ci95, difference } = pairedDifference(a, b, { bounds: [-1, 1] })
        expectWithin(ci95, [-1, 1], difference)
      }),
    )
  })

  test('turns round with its arguments where all differences are equal', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 50 }), fc.constantFrom(0, 0.25, 0.5), (n, by) => {
        const [a, b] = [repeated([0.25 + by], n), repeated([0.25], n)]
        const [there, back] = [pairedDifference(a, b, { bounds: [-1, 1] }), pairedDifference(b, a, { bounds: [-1, 1] })]
        expect(there.ci95[0]).toBeCloseTo(-back.ci95[1], 12)
        expect(there.ci95[1]).toBeCloseTo(-back.ci95[0], 12)
      }),
    )
  })
})
