import { seededRandom } from '@mabeam/foundation'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { carryOver } from './carry-over.ts'
import { jsonSchemaOf } from './json-schema.ts'
import { spaceFromJsonSchema } from './json-schema-space.ts'
import { permutation, subset } from './list-variable.ts'
import { type AnyConfig, type Space, space } from './space.ts'
import { spaceFromJSON } from './space-json.ts'
import { schemaOf } from './space-schema.ts'
import { type AnyVariable, bool, choice, float, int, type When } from './variable.ts'

type Make = (when: { readonly when?: When }) => AnyVariable

const finite: readonly Make[] = [
  (when) => bool(when),
  (when) => choice(['a', 'b', 'c'], when),
  (when) => int({ min: 1, max: 3, ...when }),
  (when) => int({ min: 1, max: 4, log: true, ...when }),
  (when) => float({ min: 0, max: 1, step: 0.5, ...when }),
  (when) => subset(['x', 'y', 'z'], { maxSize: 2, ...when }),
  (when) => permutation(['p', 'q', 'r'], when),
]
const real: Make = (when) => float({ min: 0, max: 1, ...when })

/** Spaces of up to six variables, each under a condition on some of those before it, or on none. */
function spaces(kinds: readonly Make[]): fc.Arbitrary<Space> {
  const step = fc.record({
    kind: fc.nat(kinds.length - 1),
    parents: fc.array(fc.nat(5), { maxLength: 2 }),
    mask: fc.integer({ min: 1, max: 6 }),
  })
  return fc.array(step, { minLength: 1, maxLength: 6 }).map((steps) => {
    const variables: { [name: string]: AnyVariable } = {}
    for (const [i, { kind, parents, mask }] of steps.entries()) {
      const when: { [parent: string]: readonly (string | number | boolean)[] } = {}
      for (const parent of parents.map((p) => `v${p}`)) {
        const values = allowed(variables[parent], mask)
        if (values.length > 0 && Object.keys(variables).indexOf(parent) < i) when[parent] = values
      }
      const make = kinds[kind] as Make
      const made = make(Object.keys(when).length > 0 ? { when } : {})
      if (canHold({ ...variables, [`v${i}`]: made })) variables[`v${i}`] = made
      else variables[`v${i}`] = make({})
    }
    return space(variables) as unknown as Space
  })
}

function allowed(parent: AnyVariable | undefined, mask: number): readonly (string | number | boolean)[] {
  const all =
    parent?.type === 'bool'
      ? [false, true]
      : parent?.type === 'choice'
        ? parent.values
        : parent?.type === 'int'
          ? [1, 2, 3]
          : []
  return all.filter((_, i) => mask & (1 << i))
}

function canHold(variables: { readonly [name: string]: AnyVariable }): boolean {
  try {
    space(variables)
    return true
  } catch {
    return false
  }
}

/** Every configuration, by trying each value of each variable, with nothing but `activeIn` and `validate`. */
function enumerated(one: Space): string[] {
  const scalar = one.scalar
  let configs: AnyConfig[] = [{}]
  for (const { name, count, valueAt } of scalar.dimensions) {
    configs = configs.flatMap((config) => {
      if (!scalar.activeIn(config as never).includes(name)) return [config]
      return Array.from({ length: count }, (_, i) => ({ ...config, [name]: valueAt(i) }))
    })
  }
  return configs
    .filter((config) => scalar.satisfies(config as never))
    .map((config) => JSON.stringify(one.fromScalar(config as never)))
}

describe('spaces with conditions and lists', () => {
  test('sample what they validate, with a value for each active variable and no other', () => {
    fc.assert(
      fc.property(spaces([...finite, real]), fc.integer(), (one, seed) => {
        const random = seededRandom(seed)
        for (let i = 0; i < 10; i++) {
          const config = one.sample(random)
          expect(one.validate(config)).toEqual(config)
          expect(Object.keys(config)).toEqual(one.activeIn(config))
          expect(one.fromScalar(one.toScalar(config))).toEqual(config)
          expect(one.complete(config)).toEqual(config)
        }
        expect(one.validate(one.defaults)).toEqual(one.defaults)
        expect(one.complete({})).toEqual(one.defaults)
      }),
      { numRuns: 100, seed: 1 },
    )
  })

  test('count and list exactly what there is', () => {
    fc.assert(
      fc.property(spaces(finite), (one) => {
        const all = enumerated(one)
        expect(new Set(all).size).toBe(all.length)
        expect(one.cardinality).toBe(all.length)
        const { points } = one
        const listed = Array.from({ length: points?.count ?? 0 }, (_, i) => JSON.stringify(points?.at(i)))
        expect(listed.sort()).toEqual(all.sort())
      }),
      { numRuns: 60, seed: 2 },
    )
  })

  test('under a constraint hold exactly what satisfies it', () => {
    fc.assert(
      fc.property(spaces(finite), fc.integer({ min: 2, max: 3 }), (one, modulus) => {
        const code = (config: object) => JSON.stringify(Object.values(config).slice(0, 2)).length
        const wanted = code(one.defaults) % modulus
        const bound = one.constrain('code', (config) => code(config) % modulus === wanted)
        const all = enumerated(one).filter((text) => code(JSON.parse(text)) % modulus === wanted)
        expect(bound.cardinality).toBe(all.length)
        const random = seededRandom(1)
        for (let i = 0; i < 5; i++) expect(all).toContain(JSON.stringify(bound.sample(random)))
      }),
      { numRuns: 60, seed: 3 },
    )
  })

  test('survive JSON, JSON Schema and their own schema', () => {
    fc.assert(
      fc.property(spaces([...finite, real]), fc.integer(), (one, seed) => {
        const json = JSON.parse(JSON.stringify(one))
        expect(spaceFromJSON(json).toJSON()).toEqual(json)
        expect(spaceFromJsonSchema(JSON.parse(JSON.stringify(jsonSchemaOf(one)))).toJSON()).toEqual(json)
        const config = one.sample(seededRandom(seed))
        expect(schemaOf(one)['~standard'].validate(config)).toEqual({ value: config })
        expect(carryOver(one, [config])).toEqual([{ config, exact: true, changes: [] }])
      }),
      { numRuns: 60, seed: 4 },
    )
  })

  test('give a valid configuration to whatever another space had', () => {
    fc.assert(
      fc.property(spaces([...finite, real]), spaces([...finite, real]), fc.integer(), (one, other, seed) => {
        const [carried] = carryOver(one, [other.sample(seededRandom(seed))])
        expect(one.validate(carried?.config)).toEqual(carried?.config)
      }),
      { numRuns: 60, seed: 5 },
    )
  })
})
