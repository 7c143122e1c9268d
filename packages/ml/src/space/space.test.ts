import { seededRandom } from '@mabeam/foundation'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { pointsMax } from './points.ts'
import { type ConfigOf, type Space, space } from './space.ts'
import { spaceFromJSON } from './space-json.ts'
import { bool, choice, float, int } from './variable.ts'

const tuning = space({
  model: choice(['small', 'large']),
  size: choice([1, 'auto', true]),
  demos: int({ min: 0, max: 16, default: 4 }),
  temperature: float({ min: 0, max: 1.5, default: 0 }),
  strict: bool({ default: true }),
})

describe('space', () => {
  test('infers the type of its configurations', () => {
    expectTypeOf(tuning.defaults).toEqualTypeOf<{
      readonly model: 'small' | 'large'
      readonly size: 1 | 'auto' | true
      readonly demos: number
      readonly temperature: number
      readonly strict: boolean
    }>()
    expectTypeOf(tuning.sample(seededRandom(1)).model).toEqualTypeOf<'small' | 'large'>()
    expectTypeOf(tuning).toExtend<Space>()
    expectTypeOf<ConfigOf<{ readonly names: ReturnType<typeof choice<string>> }>>().toEqualTypeOf<{
      readonly names: string
    }>()
    space(tuning.variables, {
      constraints: [{ name: 'typed', test: (c) => c.model === 'small' || c.demos > 0 }],
    })
    // @ts-expect-error a constraint can't compare with a value the choice doesn't have
    space(tuning.variables, { constraints: [{ name: 'typed', test: (c) => c.model === 'medium' || true }] })
    // @ts-expect-error a default must be one of the values
    expect(() => choice(['a', 'b'], { default: 'c' })).toThrow()
  })

  test('validates a configuration and stores it in the order of its variables', () => {
    const { model, ...rest } = tuning.defaults
    expect(Object.keys(tuning.validate({ ...rest, model }))).toEqual(Object.keys(tuning.variables))
  })

  test.each([
    [null, 'ml/invalid-config', 'config: (all): expected an object with a value for each variable, got null'],
    [{ ...tuning.defaults, demos: 17 }, 'ml/invalid-config', 'config: demos: expected an integer from 0 to 16, got 17'],
    [
      { ...tuning.defaults, demo: 1 },
      'foundation/unknown-name',
      'config: unknown option "demo"; did you mean "demos"?',
    ],
    [{ model: 'small' }, 'ml/invalid-config', 'config: size: expected one of 1, "auto", true, got nothing'],
  ])('refuses a configuration that is not of it (%#)', (config, code, message) => {
    expect(() => tuning.validate(config)).toThrow(expect.objectContaining({ code, message }))
  })

  test('refuses no variables', () => {
    expect(() => space({})).toThrow(expect.objectContaining({ code: 'ml/invalid-variable' }))
  })

  test('counts its configurations', () => {
    expect(tuning.cardinality).toBe(Number.POSITIVE_INFINITY)
    expect(space({ a: bool(), b: int({ min: 1, max: 9, step: 4 }) }).cardinality).toBe(6)
    expect(space({ a: float({ min: 1, max: 1 }) }).cardinality).toBe(1)
  })
})

describe('constraints', () => {
  const variables = { a: int({ min: 0, max: 9, default: 0 }), b: int({ min: 0, max: 9, default: 1 }) }

  test('are explained when a configuration or the defaults break one', () => {
    const ordered = {
      name: 'ordered',
      test: (c: { a: number; b: number }) => c.a < c.b,
      explain: () => 'a must be below b',
    }
    const one = space(variables, { constraints: [ordered] })
    expect(() => one.validate({ a: 3, b: 2 })).toThrow('config: constraint "ordered" does not hold: a must be below b')
    const swapped = { ...variables, a: int({ min: 0, max: 9, default: 5 }) }
    expect(() => space(swapped, { constraints: [ordered] })).toThrow(
      expect.objectContaining({ code: 'ml/broken-constraint', message: expect.stringContaining('the defaults') }),
    )
  })

  test('are sampled exactly in a finite space: every valid configuration equally often', () => {
    const one = space(variables, { constraints: [{ name: 'sum', test: (c) => c.a + c.b === 1 || c.a + c.b === 18 }] })
    expect(one.cardinality).toBe(3)
    const random = seededRandom(3)
    const counts = new Map<number, number>()
    for (let i = 0; i < 6_000; i++) {
      const { a } = one.sample(random)
      counts.set(a, (counts.get(a) ?? 0) + 1)
    }
    expect([...counts.keys()].sort()).toEqual([0, 1, 9])
    for (const count of counts.values()) expect(Math.abs(count - 2_000)).toBeLessThan(150)
  })

  test('keep the prior of a log variable: the small values more often', () => {
    const one = space(
      { n: int({ min: 1, max: 8, log: true, default: 1 }) },
      { constraints: [{ name: 'ends', test: (c) => c.n !== 3 }] },
    )
    const random = seededRandom(5)
    let small = 0
    for (let i = 0; i < 10_000; i++) if (one.sample(random).n === 1) small++
    const share = Math.log(3) / (Math.log(17) - Math.log(7 / 5))
    expect(small / 10_000).toBeCloseTo(share, 1)
  })

  test('that hold almost nowhere end in an error that names the one which refused', () => {
    const one = space(
      { x: float({ min: 0, max: 1 }), y: float({ min: 0, max: 1 }) },
      { constraints: [{ name: 'middle', test: (c) => c.x === 0.5, explain: () => 'x must be 0.5' }] },
    )
    expect(() => one.sample(seededRandom(1))).toThrow(
      expect.objectContaining({
        code: 'ml/unsatisfiable',
        message: expect.stringContaining('constraint "middle" refused 10000 of them (x must be 0.5)'),
        data: expect.objectContaining({ constraint: 'middle', draws: 10_000 }),
      }),
    )
  })

  test('are listed up to the limit of points and not past it', () => {
    const always = { constraints: [{ name: 'always', test: () => true }] }
    expect(space({ n: int({ min: 1, max: pointsMax }) }, always).points?.count).toBe(pointsMax)
    expect(space({ n: int({ min: 0, max: pointsMax }) }, always).points).toBeUndefined()
  })
})

describe('spaceFromJSON', () => {
  test('reads what version 1 wrote', () => {
    const written = {
      version: 1,
      variables: {
        model: { type: 'choice', values: ['small', 'large'], default: 'small' },
        demos: { type: 'int', min: 0, max: 16, log: false, step: 1, default: 4, unit: 'rows' },
        rate: { type: 'float', min: 0.001, max: 1, log: true, default: 0.01 },
        strict: { type: 'bool', default: true },
      },
      constraints: ['cheap'],
    }
    const read = spaceFromJSON(written)
    expect(read.toJSON()).toEqual({ ...written, constraints: [] })
    expect(read.defaults).toEqual({ model: 'small', demos: 4, rate: 0.01, strict: true })
  })

  test('gives back the variables of toJSON', () => {
    const json = JSON.parse(JSON.stringify(tuning))
    expect(spaceFromJSON(json).toJSON()).toEqual(json)
    expect(spaceFromJSON(json).sample(seededRandom(4))).toEqual(tuning.sample(seededRandom(4)))
  })

  test.each([
    [{ version: 3, variables: {} }, 'space: expected version 1 or 2, got 3'],
    [[], 'space: expected an object, got "[]"'],
    [
      { version: 1, variables: { a: { type: 'enum' } } },
      'variable a: expected a type of float, int, bool, choice, subset or permutation, got "enum"',
    ],
  ])('refuses data of another form (%#)', (json, message) => {
    expect(() => spaceFromJSON(json)).toThrow(expect.objectContaining({ code: 'ml/unreadable', message }))
  })
})
