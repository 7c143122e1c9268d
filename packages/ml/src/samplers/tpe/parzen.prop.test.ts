import { seededRandom } from '@mabeam/foundation'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AskContext } from '../../sampler.ts'
import { type Config, space } from '../../space/space.ts'
import { choice, float, int, type Variable } from '../../space/variable.ts'
import { addTrial, emptyHistory, observationsOf } from './history.ts'
import { agedWeights, parzen } from './parzen.ts'

/** An estimator over `n` configurations drawn from the space of one variable. */
function estimator(variable: Variable, n: number, seed: number) {
  const one = space({ v: variable })
  const random = seededRandom(seed)
  const context = { space: one, objectives: [{ name: 'l', direction: 'minimise' }] } as unknown as AskContext
  const history = emptyHistory(context)
  for (let number = 0; number < n; number++) {
    const config = one.sample(random) as Config
    addTrial(history, { number, config, seed: 0, state: 'complete', values: { l: 0 }, attributes: null, seconds: 0 })
  }
  const rows = Array.from({ length: n }, (_, row) => row)
  return {
    one,
    random,
    density: parzen(one.dimensions, [observationsOf(history, 0, { rows, extra: [] })], agedWeights(n)),
  }
}

const finite = fc.constantFrom<Variable>(
  int({ min: 0, max: 9 }),
  int({ min: 1, max: 64, log: true }),
  float({ min: 0, max: 1, step: 0.125 }),
  choice(['a', 'b', 'c']),
)
const continuous = fc.constantFrom<Variable>(float({ min: -2, max: 3 }), float({ min: 0.01, max: 10, log: true }))
const count = fc.integer({ min: 0, max: 60 })

describe('parzen', () => {
  test('puts a mass of 1 on the values of a finite dimension', () => {
    fc.assert(
      fc.property(finite, count, fc.integer(), (variable, n, seed) => {
        const { one, density } = estimator(variable, n, seed)
        const [dimension] = one.dimensions
        let mass = 0
        for (let i = 0; i < (dimension?.count ?? 0); i++)
          mass += Math.exp(density.logDensity({ v: dimension?.valueAt(i) as never }))
        expect(mass).toBeCloseTo(1, 9)
      }),
    )
  })

  test('integrates to 1 over the axis of a continuous dimension', () => {
    fc.assert(
      fc.property(continuous, count, fc.integer(), (variable, n, seed) => {
        const { one, density } = estimator(variable, n, seed)
        const { low, high, nearest } = one.dimensions[0] as NonNullable<(typeof one.dimensions)[0]>
        const steps = 4_000
        let mass = 0
        for (let i = 0; i < steps; i++) {
          mass += Math.exp(density.logDensity({ v: nearest(low + ((i + 0.5) / steps) * (high - low)) }))
        }
        expect((mass / steps) * (high - low)).toBeCloseTo(1, 4)
      }),
      { numRuns: 40 },
    )
  })

  test('draws valid values of finite density', () => {
    fc.assert(
      fc.property(fc.oneof(finite, continuous), count, fc.integer(), (variable, n, seed) => {
        const { one, random, density } = estimator(variable, n, seed)
        for (let i = 0; i < 10; i++) {
          const config: { [name: string]: never } = {}
          density.draw(random, config)
          expect(one.validate(config)).toEqual(config)
          expect(Number.isFinite(density.logDensity(config))).toBe(true)
        }
      }),
    )
  })

  test('draws from the density it states', () => {
    const { one, random, density } = estimator(int({ min: 0, max: 5 }), 12, 4)
    const counts = new Map<unknown, number>()
    for (let i = 0; i < 20_000; i++) {
      const config: { [name: string]: never } = {}
      density.draw(random, config)
      counts.set(config.v, (counts.get(config.v) ?? 0) + 1)
    }
    for (const [value, drawn] of counts) {
      expect(drawn / 20_000).toBeCloseTo(Math.exp(density.logDensity({ v: value as never })), 1.5)
    }
    expect(one.cardinality).toBe(counts.size)
  })
})

describe('agedWeights', () => {
  test('weighs up to 25 observations equally, and beyond ramps the older from 1/n to 1', () => {
    expect([...agedWeights(25)]).toEqual(new Array(25).fill(1))
    const weights = agedWeights(30)
    expect(weights[0]).toBeCloseTo(1 / 30)
    expect(weights[4]).toBe(1)
    expect([...weights.slice(5)]).toEqual(new Array(25).fill(1))
    expect([...weights]).toEqual([...weights].sort((a, b) => a - b))
  })
})
