import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { normalCdf } from '../numeric/normal.ts'
import { type Space, space } from '../space/space.ts'
import { choice, float } from '../space/variable.ts'
import { drawShare, learnShares, startShares } from './cma-es/categories.ts'
import { deviationOf, learn, startGaussian } from './cma-es/gaussian.ts'
import { keepMargin } from './cma-es/margin.ts'
import { childOf } from './evolution/offspring.ts'

const alpha = 0.05

describe('keepMargin', () => {
  const random = seededRandom(2)
  const narrow = (mean: number) => {
    const gaussian = startGaussian(Float64Array.of(mean), 8)
    gaussian.sigma = 10 ** (-4 * random.next())
    return gaussian
  }

  test('leaves half the margin on both sides of an inner cell, whatever the distribution was', () => {
    const edges = [0.2, 0.4, 0.6, 0.8]
    for (let i = 0; i < 200; i++) {
      const gaussian = narrow(0.2 + 0.6 * random.next())
      const above = edges.findIndex((edge) => edge >= (gaussian.mean[0] as number))
      keepMargin(gaussian, 0, { edges, alpha })
      const deviation = deviationOf(gaussian, 0)
      const beyond = (edge: number) => normalCdf(((gaussian.mean[0] as number) - edge) / deviation)
      expect(1 - beyond(edges[above - 1] as number)).toBeGreaterThanOrEqual(alpha / 2 - 1e-6)
      expect(beyond(edges[above] as number)).toBeGreaterThanOrEqual(alpha / 2 - 1e-6)
    }
  })

  test('leaves the whole margin beside an outer cell, and of two values the other', () => {
    for (const edges of [[0.5], [0.25, 0.5]]) {
      for (const mean of [0, 0.01, 0.2]) {
        const gaussian = narrow(mean)
        const off = () => normalCdf(((gaussian.mean[0] as number) - (edges[0] as number)) / deviationOf(gaussian, 0))
        const before = off()
        keepMargin(gaussian, 0, { edges, alpha })
        expect(off()).toBeCloseTo(Math.max(alpha, before), 6)
      }
    }
  })
})

describe('learnShares', () => {
  test('moves towards what was chosen, keeps a sum of 1 and the margin', () => {
    const shares = startShares(4)
    for (let i = 0; i < 50; i++) {
      const before = shares[2] as number
      learnShares(shares, [2, 2, undefined], { weights: [0.5, 0.3, 0.2], rate: 0.3, alpha })
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9)
      expect(shares[2]).toBeGreaterThanOrEqual(before - 1e-12)
    }
    expect(shares[2]).toBeCloseTo(1 - alpha, 3)
    expect(Math.min(...shares)).toBeCloseTo(alpha / 3, 9)
  })

  test('learns nothing where it was inactive, and draws by the shares', () => {
    const shares = Float64Array.of(0.7, 0.2, 0.1)
    learnShares(shares, [undefined, undefined], { weights: [0.6, 0.4], rate: 0.3, alpha })
    expect([...shares].map((share) => Number(share.toFixed(9)))).toEqual([0.7, 0.2, 0.1])
    const random = seededRandom(1)
    const counts = [0, 0, 0]
    for (let i = 0; i < 3_000; i++) {
      const index = drawShare(shares, random)
      counts[index] = (counts[index] as number) + 1
    }
    expect((counts[0] as number) / 3_000).toBeGreaterThan(0.6)
  })
})

test('a normal learns nothing of a generation without complete trials, and moves by one alone', () => {
  const gaussian = startGaussian(Float64Array.of(0.5, 0.5), 6)
  learn(gaussian, [])
  expect([gaussian.sigma, ...gaussian.mean]).toEqual([1 / 6, 0.5, 0.5])
  learn(gaussian, [Float64Array.of(0.6, 0.4)])
  expect(gaussian.mean[0]).toBeCloseTo(0.6, 9)
  expect(gaussian.mean[1]).toBeCloseTo(0.4, 9)
})

test('children of equal parents differ from them in about one value', () => {
  const of = space({
    x: float({ min: 0, max: 1 }),
    y: float({ min: 0, max: 1 }),
    z: float({ min: 0, max: 1 }),
    kind: choice(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']),
  }) as unknown as Space
  const parent = { config: { x: 0.5, y: 0.5, z: 0.5, kind: 'a' }, losses: [0], rank: 0, crowding: 0 }
  const tried = { finished: () => false, pending: () => false }
  let differing = 0
  for (let seed = 0; seed < 400; seed++) {
    const context = { space: of, objectives: [], finished: [], pending: [], random: seededRandom(seed) }
    const child = childOf(context, tried, { crossover: 0.9, mutation: undefined, parent: () => parent })
    for (const [name, value] of Object.entries(parent.config)) if (child?.[name] !== value) differing++
  }
  expect(differing / 400).toBeGreaterThan(0.8)
  expect(differing / 400).toBeLessThan(1.2)
})
