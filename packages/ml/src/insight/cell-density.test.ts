import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { dimensionsOf } from '../space/dimension.ts'
import { choice, float, int } from '../space/variable.ts'
import { type Axis, axisOf } from './axis.ts'
import { bandwidthOf, cellDensity } from './cell-density.ts'

const axes = dimensionsOf({
  line: float({ min: 0, max: 1 }),
  steps: int({ min: 1, max: 9, log: true }),
  kinds: choice(['a', 'b', 'c']),
}).map(axisOf)

const drawn = ({ cells }: Axis, n: number, seed: number) => {
  const random = seededRandom(seed)
  return Array.from({ length: n }, () => Math.floor(cells * random.next() ** 2))
}

describe('cellDensity', () => {
  test('sums to 1 and is nowhere 0, whatever was observed', () => {
    for (const axis of axes) {
      for (const n of [1, 2, 30]) {
        const cells = drawn(axis, n, n)
        const { density } = cellDensity(axis, cells, { bandwidth: bandwidthOf(cells), priorShare: 1 / (n + 1) })
        expect(density.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9)
        expect(density.every((share) => share > 0)).toBe(true)
      }
    }
  })

  test('spreads as much from sample to sample as it says', () => {
    for (const axis of axes) {
      const options = { bandwidth: 1.5, priorShare: 0.1 }
      const all = drawn(axis, 500, 7)
      const { density, spread } = cellDensity(axis, all, options)
      const random = seededRandom(11)
      let [seen, said] = [0, 0]
      for (let i = 0; i < 200; i++) {
        const some = Array.from({ length: 20 }, () => all[random.int(500)] as number)
        for (const [cell, share] of cellDensity(axis, some, options).density.entries()) {
          seen += (share - (density[cell] as number)) ** 2 / (density[cell] as number)
          said += (spread[cell] as number) / 20 / (density[cell] as number)
        }
      }
      expect(Math.abs(seen / said - 1)).toBeLessThan(0.2)
    }
  })
})
