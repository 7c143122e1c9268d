import { describe, expect, test } from 'vitest'
import { type Config, space } from '../space/space.ts'
import { bool, choice, float } from '../space/variable.ts'
import { importanceOf } from './importance.ts'
import { interactionsOf } from './interactions.ts'
import { ishigami, measured, sum, three, unit } from './measured.fixture.ts'

describe('interactionsOf', () => {
  test("finds the one of Ishigami's function, which is 0.2437 of its variance", () => {
    const [first, ...others] = interactionsOf(measured(three, ishigami, { n: 400 }))
    expect(first?.variables).toEqual(['x', 'z'])
    expect(Math.abs((first?.value as number) - 0.2437)).toBeLessThan(0.1)
    expect(others.every(({ value }) => value < 0.08)).toBe(true)
  })

  test('finds none in a sum', () => {
    const found = interactionsOf(measured(three, sum, { n: 200 }))
    expect(found.length).toBe(3)
    expect(found.every(({ value }) => value < 0.02)).toBe(true)
  })

  test('of variables that do nothing by themselves are all there is, and nothing is counted twice', () => {
    const study = measured(space({ a: bool(), b: bool(), c: bool() }), ({ a, b }) => Number(a !== b), { n: 120 })
    const [first] = interactionsOf(study)
    expect(first?.variables).toEqual(['a', 'b'])
    expect(first?.value).toBeGreaterThan(0.85)
    const alone = importanceOf(study).reduce((total, { effect }) => total + effect, 0)
    const together = interactionsOf(study).reduce((total, { value }) => total + value, 0)
    expect(alone + together).toBeLessThan(1.05)
  })

  test('looks where both are active, and leaves out what never is', () => {
    const when = { kind: ['b'] } as const
    const conditional = space({
      kind: choice(['a', 'b']),
      p: float({ min: 0, max: 1, when }),
      q: float({ min: 0, max: 1, when }),
      r: float({ min: 0, max: 1, when: { kind: ['a'] } }),
    })
    const score = ({ p = 0, q = 0 }: Config) => (Number(p) - 0.5) * (Number(q) - 0.5)
    const found = interactionsOf(measured(conditional, score, { n: 400 }))
    expect(found[0]?.variables).toEqual(['p', 'q'])
    expect(found[0]?.value).toBeGreaterThan(0.6)
    expect(found.some(({ variables }) => variables.includes('p') && variables.includes('r'))).toBe(false)
  })

  test('is made of so many variables, those that take part most', () => {
    const study = measured(space({ x: unit, y: unit, z: unit, w: unit }), sum, { n: 60 })
    const pairs = (variablesMax: number) => interactionsOf(study, { variablesMax, trees: 8 }).length
    expect([pairs(2), pairs(3), pairs(4), pairs(5)]).toEqual([1, 3, 6, 6])
    expect(interactionsOf(study, { variablesMax: 2 })[0]?.variables).toEqual(['x', 'y'])
    expect(() => interactionsOf(study, { variablesMax: 1 })).toThrow('interactionsOf: variablesMax')
    expect(() => interactionsOf(study, { variablesMax: 101 })).toThrow('interactionsOf: variablesMax')
  })

  test('has nothing to say of too little', () => {
    expect(interactionsOf(measured(three, sum, { n: 1 }))).toEqual([])
    expect(interactionsOf(measured(space({ x: unit }), ({ x }) => x as number, { n: 9 }))).toEqual([])
    expect(interactionsOf(measured(three, () => 1, { n: 9 })).every(({ value }) => value === 0)).toBe(true)
  })
})
