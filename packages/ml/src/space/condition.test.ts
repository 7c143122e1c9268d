import { seededRandom } from '@mabeam/foundation'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { activityGroups } from './activity-group.ts'
import { type Space, space } from './space.ts'
import { spaceFromJSON } from './space-json.ts'
import { bool, choice, float, int } from './variable.ts'

const learner = space({
  share: float({ min: 0, max: 1, when: { layers: [2, 3] } }),
  kind: choice(['linear', 'tree', 'net']),
  depth: int(1, 8, { when: { kind: ['tree'] }, default: 3 }),
  layers: int({ min: 1, max: 3, when: { kind: ['net'] } }),
  units: int(8, 64, { log: true, when: { layers: [1, 2, 3] } }),
})

describe('conditional variables', () => {
  test('are optional in the type of a configuration, and only they', () => {
    expectTypeOf(learner.defaults).toEqualTypeOf<{
      readonly kind: 'linear' | 'tree' | 'net'
      readonly share?: number
      readonly depth?: number
      readonly layers?: number
      readonly units?: number
    }>()
    expectTypeOf(learner).toExtend<Space>()
  })

  test('are absent from defaults and samples where their parents do not have the values', () => {
    expect(learner.defaults).toEqual({ kind: 'linear' })
    const random = seededRandom(1)
    const seen = new Set<string>()
    for (let i = 0; i < 200; i++) {
      const config = learner.sample(random)
      expect(config.depth === undefined).toBe(config.kind !== 'tree')
      expect(config.layers === undefined).toBe(config.kind !== 'net')
      expect(config.units === undefined).toBe(config.kind !== 'net')
      expect(config.share === undefined).toBe(!(config.kind === 'net' && (config.layers ?? 0) >= 2))
      expect(learner.validate(config)).toEqual(config)
      expect(learner.activeIn(config).sort()).toEqual(Object.keys(config).sort())
      seen.add(Object.keys(config).sort().join())
    }
    expect(seen.size).toBe(4)
  })

  test('stand behind what they depend on in the dimensions, and in their own order in a configuration', () => {
    expect(learner.dimensions.map(({ name }) => name)).toEqual(['kind', 'layers', 'share', 'depth', 'units'])
    const config = learner.validate({ units: 16, layers: 2, kind: 'net', share: 0.5 })
    expect(Object.keys(config)).toEqual(['share', 'kind', 'layers', 'units'])
  })

  test.each([
    [{ kind: 'tree' }, 'config: depth: expected an integer from 1 to 8, got nothing'],
    [{ kind: 'linear', depth: 3 }, 'config: depth: expected nothing unless kind is "tree", got 3'],
    [
      { kind: 'net', layers: 1, units: 8, share: 0.1 },
      'config: share: expected nothing unless layers is 2 or 3, got 0.1',
    ],
  ])('are refused where they are missing or inactive (%#)', (config, message) => {
    expect(() => learner.validate(config)).toThrow(expect.objectContaining({ code: 'ml/invalid-config', message }))
  })

  test('that are inactive count as absent when they are undefined', () => {
    expect(learner.validate({ kind: 'linear', depth: undefined })).toEqual({ kind: 'linear' })
  })

  test('are counted and listed where they are active', () => {
    const one = space({
      a: choice(['x', 'y', 'z']),
      b: int(1, 5, { when: { a: ['x', 'y'] } }),
      c: bool({ when: { a: ['y'], b: [1, 2] } }),
      d: bool(),
    })
    expect(one.cardinality).toBe((5 + (2 * 2 + 3) + 1) * 2)
    const { points } = one
    expect(points?.count).toBe(one.cardinality)
    const listed = Array.from({ length: points?.count ?? 0 }, (_, i) => JSON.stringify(points?.at(i)))
    expect(new Set(listed).size).toBe(one.cardinality)
    for (const text of listed) expect(one.validate(JSON.parse(text))).toEqual(JSON.parse(text))
  })

  test('are counted where the combinations are far too many to list', () => {
    const variables: { [name: string]: ReturnType<typeof choice<string>> | ReturnType<typeof int> } = {
      provider: choice(Array.from({ length: 30 }, (_, i) => `p${i}`) as string[]),
    }
    for (let i = 0; i < 30; i++) variables[`size${i}`] = int({ min: 1, max: 10, when: { provider: [`p${i}`] } })
    const one = space(variables)
    expect(one.cardinality).toBe(300)
    expect(one.points?.count).toBe(300)
    expect(space({ a: int(0, 1e12), b: bool({ when: { a: [7] } }) }).cardinality).toBe(1e12 + 2)
  })

  test('are sampled parents first: each value of a parent equally often however much depends on it', () => {
    const one = space(
      { a: choice(['x', 'y']), b: int(1, 10, { when: { a: ['x'] } }), c: bool() },
      { constraints: [{ name: 'always', test: () => true }] },
    )
    const random = seededRandom(3)
    let ys = 0
    for (let i = 0; i < 4_000; i++) if (one.sample(random).a === 'y') ys++
    expect(Math.abs(ys - 2_000)).toBeLessThan(150)
  })

  test('survive JSON', () => {
    const json = JSON.parse(JSON.stringify(learner))
    expect(spaceFromJSON(json).toJSON()).toEqual(json)
    expect(spaceFromJSON(json).sample(seededRandom(4))).toEqual(learner.sample(seededRandom(4)))
  })

  test.each([
    [
      () => space({ a: bool({ when: { kid: [1] } }), kind: int(1, 2) }),
      'space: a: when: unknown variable "kid"; did you mean "kind"?',
    ],
    [
      () => space({ a: bool({ when: { x: [1] } }), x: float(0, 2) }),
      'space: a: when.x: expected a choice, a bool or an int as parent, got "float"',
    ],
    [
      () => space({ a: bool({ when: { x: [3] } }), x: int(0, 2) }),
      'space: a: when.x: expected values that the parent can take, got 3',
    ],
    [
      () => space({ a: bool({ when: { b: [true] } }), b: bool({ when: { a: [true] } }) }),
      'space: a: when: expected conditions without a cycle, got "a → b → a"',
    ],
    [
      () => space({ a: bool({ when: { a: [true] } }) }),
      'space: a: when: expected conditions without a cycle, got "a → a"',
    ],
    [
      () => space({ a: bool(), b: bool({ when: { a: [true] } }), c: bool({ when: { a: [false], b: [true] } }) }),
      'space: c: when: expected a condition that can hold, got "a with no value left"',
    ],
    [() => bool({ when: {} }), 'bool: when: expected an object with a list of values for each parent, got {}'],
    [() => int(0, 1, { when: { a: [] } }), 'int: when.a: expected a list of at least one value, got []'],
    [() => choice(['x'], { when: { a: [1, 1] } }), 'choice: when.a: expected values that differ, got [1,1]'],
    [() => float(0, 1, { wen: { a: [1] } } as never), 'float: unknown option "wen"; did you mean "when"?'],
  ])('that cannot be are refused, naming variable and parent (%#)', (make, message) => {
    expect(make).toThrow(expect.objectContaining({ message }))
  })
})

describe('activityGroups', () => {
  test('put together what is always active together, behind what it depends on', () => {
    const names = activityGroups(learner.dimensions).map(({ positions }) =>
      positions.map((position) => learner.dimensions[position]?.name),
    )
    expect(names).toEqual([['kind'], ['layers', 'units'], ['share'], ['depth']])
  })
})
