import { seededRandom } from '@mabeam/foundation'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { permutation, subset } from './list-variable.ts'
import { moduleChoice, text, textCharsMax } from './named-choice.ts'
import { space } from './space.ts'
import { spaceFromJSON } from './space-json.ts'
import { bool, int } from './variable.ts'

const agent = space({
  tools: subset(['search', 'code', 'shell'], { minSize: 1 }),
  order: permutation([1, 2, 3]),
  depth: int(1, 3, { when: { 'tools[search]': [true] } }),
})

describe('subset and permutation', () => {
  test('are lists in configurations and scalars for samplers', () => {
    expectTypeOf(agent.defaults.tools).toEqualTypeOf<readonly ('search' | 'code' | 'shell')[]>()
    expectTypeOf(agent.defaults.order).toEqualTypeOf<readonly (1 | 2 | 3)[]>()
    expect(agent.defaults).toEqual({ tools: ['search'], order: [1, 2, 3], depth: 2 })
    expect(agent.dimensions.map(({ name }) => name)).toEqual([
      'tools[search]',
      'tools[code]',
      'tools[shell]',
      'order[2]',
      'order[3]',
      'depth',
    ])
    expect(agent.cardinality).toBe((4 * 3 + 3) * 6)
    expect(agent.points?.count).toBe(agent.cardinality)
  })

  test('go to scalars and back unchanged, and the other way round', () => {
    const random = seededRandom(1)
    for (let i = 0; i < 200; i++) {
      const config = agent.sample(random)
      expect(agent.validate(config)).toEqual(config)
      expect(agent.fromScalar(agent.toScalar(config))).toEqual(config)
      const scalar = agent.scalar.sample(random)
      expect(agent.scalar.validate(scalar)).toEqual(scalar)
      expect(agent.toScalar(agent.fromScalar(scalar))).toEqual(scalar)
      expect(agent.scalar.satisfies(scalar)).toBe(true)
    }
    expect(agent.scalar.satisfies({ ...agent.toScalar(agent.defaults), 'tools[search]': false })).toBe(false)
  })

  test('store a subset in the order of its items', () => {
    expect(agent.validate({ tools: ['shell', 'code'], order: [3, 1, 2] })).toEqual({
      tools: ['code', 'shell'],
      order: [3, 1, 2],
    })
  })

  test.each([
    [
      { tools: [], order: [1, 2, 3] },
      'config: tools: expected a list of 1 to 3 of "search", "code", "shell", each at most once, got []',
    ],
    [{ tools: ['code', 'code'], order: [1, 2, 3] }, 'config: tools: expected a list of 1 to 3 of'],
    [{ tools: 'code', order: [1, 2, 3] }, 'config: tools: expected a list of 1 to 3 of'],
    [{ tools: ['code'], order: [1, 2] }, 'config: order: expected each of 1, 2, 3 once, got [1,2]'],
    [{ tools: ['code'] }, 'config: order: expected each of 1, 2, 3 once, got nothing'],
    [
      { tools: ['code'], order: [1, 2, 3], depth: 1 },
      'config: depth: expected nothing unless tools[search] is true, got 1',
    ],
  ])('are refused by name where a list is not one of theirs (%#)', (config, message) => {
    expect(() => agent.validate(config)).toThrow(message)
  })

  test('draw a fixed number of many items exactly', () => {
    const items = Array.from({ length: 60 }, (_, i) => i)
    const one = space({ s: subset(items, { minSize: 2, maxSize: 2 }) })
    expect(one.cardinality).toBe((60 * 59) / 2)
    const counts = new Map<number, number>()
    const random = seededRandom(5)
    for (let i = 0; i < 3_000; i++)
      for (const item of one.sample(random).s) counts.set(item, (counts.get(item) ?? 0) + 1)
    expect(counts.size).toBe(60)
    for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(50)
  })

  test.each([
    [() => subset([]), 'subset: items: expected a list of 1 to 100 items, got []'],
    [() => subset(['a', 'a']), 'subset: items: expected items that differ'],
    [() => subset([1, '1']), 'subset: items: expected items that read differently'],
    [() => subset(['a'], { minSize: 2 }), 'subset: minSize: expected an integer from 0 to 1, got 2'],
    [() => subset(['a', 'b'], { minSize: 1, maxSize: 0 }), 'subset: maxSize: expected an integer from 1 to 2, got 0'],
    [() => subset(['a'], { default: ['b' as 'a'] }), 'subset: default: expected a list of 0 to 1 of "a"'],
    [() => permutation(['a']), 'permutation: items: expected a list of 2 to 100 items'],
    [() => permutation(['a', 'b'], { default: ['a'] }), 'permutation: default: expected each of "a", "b" once'],
    [
      () => permutation(['a', 'b'], { hints: [['a', 'a']] }),
      'permutation: hints[0]: expected a value that the variable can have',
    ],
    [
      () => space({ s: subset(['a']), 's[a]': bool() }),
      'space: s: expected items that give no other variable its name, got "s[a]"',
    ],
  ])('refuse what cannot be (%#)', (make, message) => {
    expect(make).toThrow(message)
  })
})

describe('text and moduleChoice', () => {
  const predict = () => 'predict'
  const think = () => 'think'
  const program = space({ instruction: text(['Be brief.', 'Think.']), module: moduleChoice({ predict, think }) })

  test('have texts and names as values, and the modules within reach', () => {
    expectTypeOf(program.defaults.instruction).toEqualTypeOf<'Be brief.' | 'Think.'>()
    expectTypeOf(program.defaults.module).toEqualTypeOf<'predict' | 'think'>()
    expect(program.variables.module.modules[program.defaults.module]).toBe(predict)
  })

  test('survive JSON, the modules by being given again', () => {
    const json = JSON.parse(JSON.stringify(program))
    const back = spaceFromJSON(json, { modules: { module: { predict, think } } })
    expect(back.toJSON()).toEqual(json)
    expect((back.variables.module as unknown as { modules: object }).modules).toEqual({ predict, think })
    expect(() => spaceFromJSON(json, { modules: { module: { predict } } })).toThrow('expected a module named "think"')
  })

  test('refuse what cannot be', () => {
    expect(() => text([])).toThrow('text: candidates: expected a list of 1 to 10000 texts')
    expect(text(['x'.repeat(textCharsMax)]).values.length).toBe(1)
    expect(() => text(['x'.repeat(textCharsMax + 1)])).toThrow(
      'text: candidates[0]: expected a text of 1 to 100000 characters',
    )
    expect(() => moduleChoice({})).toThrow('an object with at least one module')
    expect(() => moduleChoice({ predict }, { default: 'x' as 'predict' })).toThrow('one of "predict"')
  })
})
