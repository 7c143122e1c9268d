import { seededRandom } from '@mabeam/foundation'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { defineSpace, group, groupDepthMax, nestedConfig, type VariableTree } from './group.ts'
import { hintedConfigs } from './hinted-configs.ts'
import { subset } from './list-variable.ts'
import { space } from './space.ts'
import { mergeSpaces, namespaced } from './space-composition.ts'
import { bool, choice, float, int } from './variable.ts'

const tree = defineSpace({
  mode: choice(['plain', 'rag']),
  retriever: group(
    {
      k: int(1, 4),
      kind: choice(['sparse', 'dense']),
      size: choice([64, 128], { when: { kind: ['dense'] } }),
      index: group({ fast: bool({ when: { mode: ['rag'], k: [1, 2] } }) }),
    },
    { when: { mode: ['rag'] } },
  ),
})

describe('group', () => {
  test('puts its name before those of its variables and its condition on all of them', () => {
    expect(Object.keys(tree.variables)).toEqual([
      'mode',
      'retriever.k',
      'retriever.kind',
      'retriever.size',
      'retriever.index.fast',
    ])
    expect(tree.defaults).toEqual({ mode: 'plain' })
    expect(tree.cardinality).toBe(1 + (2 * 2 + 2) * 3)
    expectTypeOf(tree.defaults).toEqualTypeOf<{
      readonly mode: 'plain' | 'rag'
      readonly 'retriever.k'?: number
      readonly 'retriever.kind'?: 'sparse' | 'dense'
      readonly 'retriever.size'?: 64 | 128
      readonly 'retriever.index.fast'?: boolean
    }>()
  })

  test('reads names in conditions from the inside out', () => {
    const one = defineSpace({
      kind: choice(['a']),
      g: group({ kind: choice(['a', 'b']), k: bool({ when: { kind: ['b'] } }) }),
    })
    expect(one.variables['g.k'].when).toEqual({ 'g.kind': ['b'] })
  })

  test('is an object of its own in a nested configuration', () => {
    const free = defineSpace({ t: float(0, 1), r: group({ k: int(1, 3), i: group({ b: bool() }) }) })
    const nested = nestedConfig(free.defaults)
    expect(nested).toEqual({ t: 0.5, r: { k: 2, i: { b: false } } })
    expectTypeOf(nested.r.i.b).toEqualTypeOf<boolean>()
    expectTypeOf(nested.r.k).toEqualTypeOf<number>()
  })

  test('is refused when empty, too deep or under a condition that its member cannot meet', () => {
    expect(() => group({})).toThrow('an object with at least one variable')
    const deep = (depth: number): VariableTree => (depth === 0 ? { a: bool() } : { g: group(deep(depth - 1)) })
    expect(() => defineSpace(deep(groupDepthMax))).not.toThrow()
    expect(() => defineSpace(deep(groupDepthMax + 1))).toThrow(`groups at most ${groupDepthMax} deep`)
    expect(() =>
      defineSpace({ m: choice([1, 2]), g: group({ a: bool({ when: { m: [1] } }) }, { when: { m: [2] } }) }),
    ).toThrow('space: g.a: when.m: expected a value that its group allows, got [1]')
  })

  test('forgotten round plain objects and lists is said where the space is made', () => {
    const expected = 'expected a variable, such as float(0, 1) or choice([…]), or in defineSpace a group({…}) of them'
    for (const wrong of [{ k: int(1, 9) }, ['bm25', 'dense'], int, group, 5, null]) {
      expect(() => defineSpace({ retriever: wrong } as never)).toThrow(/^space: retriever: expected a variable/)
      expect(() => space({ retriever: wrong } as never)).toThrow(`space: retriever: ${expected}`)
    }
    expect(() => space({ retriever: group({ k: int(1, 9) }) } as never)).toThrow(`space: retriever: ${expected}`)
  })
})

describe('composition', () => {
  const inner = defineSpace({
    a: int(0, 9),
    b: int(0, 9),
    tools: subset(['x', 'y']),
    deep: bool({ when: { 'tools[x]': [true] } }),
  }).constrain(
    'ordered',
    (c) => c.a < c.b && Object.keys(c).length >= 3,
    (c) => `${c.a} is not below ${c.b}`,
  )

  test('namespaced renames variables, conditions and what constraints see', () => {
    const one = namespaced('left', inner)
    expectTypeOf(one.defaults['left.a']).toEqualTypeOf<number>()
    expect(one.cardinality).toBe(inner.cardinality)
    expect(one.constraints[0]?.name).toBe('left.ordered')
    expect(() => one.validate({ 'left.a': 3, 'left.b': 2, 'left.tools': [] })).toThrow('3 is not below 2')
    expect(() => namespaced('', inner)).toThrow('a name without a dot at its ends')
  })

  test('namespaced shows constraints what is absent as absent', () => {
    const one = namespaced(
      'n',
      defineSpace({ on: bool(), k: int(0, 3, { when: { on: [true] } }) }).constrain('known', (c) => 'k' in c === c.on),
    )
    expect(one.cardinality).toBe(5)
  })

  test('mergeSpaces keeps the constraints of each, which stay independent', () => {
    const both = mergeSpaces(namespaced('left', inner), namespaced('right', inner), space({ t: float(0, 1) }))
    expectTypeOf(both.defaults['right.b']).toEqualTypeOf<number>()
    const random = seededRandom(4)
    for (let i = 0; i < 50; i++) {
      const config = both.sample(random)
      expect(both.validate(config)).toEqual(config)
      expect(config['left.a'] < config['left.b'] && config['right.a'] < config['right.b']).toBe(true)
    }
    expect(() => mergeSpaces(inner, inner)).toThrow('mergeSpaces: expected no variable twice, got "a"')
  })
})

describe('hintedConfigs', () => {
  const one = defineSpace({
    model: choice(['small', 'large'], { hints: ['large'], performanceWeight: 0.9, costWeight: 1 }),
    demos: int(0, 8, { hints: [8, 0], performanceWeight: 0.9, costWeight: 0.2 }),
    temperature: float(0, 1, { hints: [0.7], performanceWeight: 0.1 }),
    steps: int(1, 3, { when: { model: ['large'] }, hints: [3] }),
  }).constrain('few demos for the large one', (c) => c.model === 'small' || c.demos < 8)

  test('begin with the defaults, then take one hint each, the most promising and cheapest first', () => {
    const demos = one.defaults.demos
    expect(hintedConfigs(one)).toEqual([
      { model: 'small', demos, temperature: 0.5 },
      { model: 'small', demos: 8, temperature: 0.5 },
      { model: 'large', demos, temperature: 0.5, steps: 2 },
      { model: 'small', demos, temperature: 0.7 },
      { model: 'small', demos: 0, temperature: 0.5 },
    ])
    expect(hintedConfigs(one, 2).length).toBe(2)
    expect(() => hintedConfigs(one, 0)).toThrow('limit: expected an integer from 1 to 10000, got 0')
  })

  test('refuse hints and weights that cannot be', () => {
    expect(() => int(0, 8, { hints: [9] })).toThrow('int: hints[0]: expected a value that the variable can have, got 9')
    expect(() => float(0, 1, { hints: Array.from({ length: 101 }, () => 0.5) })).toThrow('a list of at most 100 values')
    expect(() => bool({ costWeight: 2 })).toThrow('costWeight: expected a number from 0 to 1, got 2')
  })
})
