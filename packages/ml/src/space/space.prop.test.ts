import { seededRandom } from '@mabeam/foundation'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Config, space } from './space.ts'
import { spaceFromJSON } from './space-json.ts'
import { bool, choice, float, int, type Variable } from './variable.ts'

const range = fc.record({ min: fc.integer({ min: -1000, max: 1000 }), width: fc.integer({ min: 0, max: 500 }) })

const variable: fc.Arbitrary<Variable> = fc.oneof(
  fc
    .tuple(range, fc.constantFrom(undefined, 0.1, 0.25, 3))
    .map(([{ min, width }, step]) =>
      float({ min: min / 8, max: (min + width) / 8, ...(step === undefined ? {} : { step }) }),
    ),
  fc.tuple(range, fc.integer({ min: 1, max: 7 })).map(([{ min, width }, step]) => int({ min, max: min + width, step })),
  range.map(({ min, width }) => float({ min: Math.abs(min) + 0.001, max: Math.abs(min) + 0.001 + width, log: true })),
  range.map(({ min, width }) => int({ min: Math.abs(min) + 1, max: Math.abs(min) + 1 + width, log: true })),
  fc.boolean().map((value) => bool({ default: value })),
  fc
    .uniqueArray(fc.oneof(fc.string(), fc.integer(), fc.boolean()), { minLength: 1, maxLength: 6 })
    .map((v) => choice(v)),
)

const variables = fc
  .array(variable, { minLength: 1, maxLength: 5 })
  .map((list) => Object.fromEntries(list.map((one, i) => [`v${i}`, one])))

describe('space', () => {
  test('every sampled configuration is valid and stored as it is', () => {
    fc.assert(
      fc.property(variables, fc.integer(), (vars, seed) => {
        const one = space(vars)
        const random = seededRandom(seed)
        for (let i = 0; i < 20; i++) {
          const config = one.sample(random)
          expect(one.validate(config)).toEqual(config)
        }
        expect(one.validate(one.defaults)).toEqual(one.defaults)
      }),
    )
  })

  test('samples under constraints satisfy them', () => {
    fc.assert(
      fc.property(variables, fc.integer(), fc.integer({ min: 2, max: 5 }), (vars, seed, modulus) => {
        const free = space(vars)
        const code = (config: Config) =>
          free.dimensions.reduce((sum, one) => sum + one.indexOf(config[one.name] as never), 0)
        const wanted = code(free.defaults) % modulus
        const one = space(vars, {
          constraints: [{ name: 'code', test: (config) => code(config) % modulus === wanted }],
        })
        const random = seededRandom(seed)
        for (let i = 0; i < 10; i++) expect(code(one.sample(random)) % modulus).toBe(wanted)
      }),
      { numRuns: 50 },
    )
  })

  test('survives JSON and validates the same', () => {
    fc.assert(
      fc.property(variables, (vars) => {
        const back = spaceFromJSON(JSON.parse(JSON.stringify(space(vars))))
        expect(back.toJSON()).toEqual(JSON.parse(JSON.stringify(space(vars))))
      }),
    )
  })

  test('coordinates and values belong together on every dimension', () => {
    fc.assert(
      fc.property(variable, fc.integer(), (one, seed) => {
        const { dimensions, sample } = space({ v: one })
        const [dimension] = dimensions
        if (!dimension) return
        const { v } = sample(seededRandom(seed))
        if (dimension.kind !== 'continuous') expect(dimension.valueAt(dimension.indexOf(v as never))).toBe(v)
        else expect(dimension.nearest(dimension.coordinate(v as never))).toBeCloseTo(v as number, 9)
        if (dimension.kind === 'ordered') expect(dimension.nearest(dimension.coordinate(v as never))).toBe(v)
      }),
    )
  })
})
