import { describe, expect, test } from 'vitest'
import { type Config, space } from '../space/space.ts'
import { choice, float, int } from '../space/variable.ts'
import { measured, sum, three, unit } from './measured.fixture.ts'
import { partialDependenceOf } from './partial-dependence.ts'

describe('partialDependenceOf', () => {
  test('follows the curve of one variable, the others averaged over, in units of the objective', () => {
    const noisy = measured(three, (config, random) => sum(config) + 0.2 * random.normal(), { n: 400 })
    const found = partialDependenceOf(noisy, ['x'], { points: 16 })
    expect(found?.values[0]?.length).toBe(16)
    expect(found?.mean).toBeCloseTo(3, 0)
    let covered = 0
    for (const { at, value, ci95 } of found?.points ?? []) {
      const truth = 3 * (at[0] as number) + 1.5
      expect(Math.abs(value - truth)).toBeLessThan(0.35)
      expect(ci95[0]).toBeLessThanOrEqual(value)
      covered += Number(ci95[0] <= truth && truth <= ci95[1])
    }
    expect(covered).toBeGreaterThanOrEqual(14)
  })

  test('covers the truth about as often as it says, over many studies', () => {
    let [covered, points] = [0, 0]
    for (let seed = 0; seed < 12; seed++) {
      const study = measured(three, (config, random) => sum(config) + 0.5 * random.normal(), { n: 100, seed })
      for (const { at, ci95 } of partialDependenceOf(study, ['y'], { points: 8, trees: 32 })?.points ?? []) {
        const truth = 2 * (at[0] as number) + 2
        covered += Number(ci95[0] <= truth && truth <= ci95[1])
        points++
      }
    }
    expect(covered / points).toBeGreaterThan(0.85)
  })

  test('maps two variables, the last one counting fastest', () => {
    const mixed = space({ kind: choice(['a', 'b']), depth: int({ min: 1, max: 3 }), x: unit })
    const score = ({ kind, depth }: Config) => (kind === 'a' ? (depth as number) : 4 - (depth as number))
    const found = partialDependenceOf(measured(mixed, score, { n: 120 }), ['kind', 'depth'])
    expect(found?.variables).toEqual(['kind', 'depth'])
    expect(found?.values).toEqual([
      ['a', 'b'],
      [1, 2, 3],
    ])
    const rounded = found?.points.map(({ at, value }) => [...at, Math.round(value)])
    expect(rounded).toEqual([
      ['a', 1, 1],
      ['a', 2, 2],
      ['a', 3, 3],
      ['b', 1, 3],
      ['b', 2, 2],
      ['b', 3, 1],
    ])
    const turned = partialDependenceOf(measured(mixed, score, { n: 120 }), ['depth', 'kind'])
    expect(turned?.points[1]).toMatchObject({
      at: [1, 'b'],
      value: expect.closeTo(found?.points[3]?.value as number, 9),
    })
  })

  test('of a conditional variable is where it is active, and undefined where there is nothing to see', () => {
    const when = { kind: ['b'] } as const
    const conditional = space({
      kind: choice(['a', 'b']),
      depth: float({ min: 0, max: 1, when }),
      other: float({ min: 0, max: 1, when: { kind: ['a'] } }),
    })
    const study = measured(conditional, ({ depth }) => (depth === undefined ? 50 : (depth as number)), { n: 200 })
    const found = partialDependenceOf(study, ['depth'])
    expect(found?.mean).toBeLessThan(3)
    expect((found?.points.at(-1)?.value as number) - (found?.points[0]?.value as number)).toBeGreaterThan(0.3)
    expect(partialDependenceOf(study, ['depth', 'other'])).toBeUndefined()
    const onlyA = { ...study, finished: study.finished.filter(({ config }) => config.kind === 'a') }
    expect(partialDependenceOf(onlyA, ['depth'])).toBeUndefined()
    expect(partialDependenceOf(measured(three, sum, { n: 1 }), ['x'])).toBeUndefined()
  })

  test('takes constant values, one tree, and as many points as there are', () => {
    const flat = partialDependenceOf(
      measured(three, () => 5, { n: 10 }),
      ['x'],
      { points: 64 },
    )
    expect(flat?.points.length).toBe(64)
    expect(flat?.points.every(({ value, ci95 }) => value === 5 && ci95[0] === 5 && ci95[1] === 5)).toBe(true)
    expect(partialDependenceOf(measured(three, sum, { n: 20 }), ['x'], { points: 2, trees: 1 })?.points.length).toBe(2)
  })

  test('refuses names and numbers that cannot be', () => {
    const study = measured(three, sum, { n: 5 })
    expect(() => partialDependenceOf(study, ['xx'])).toThrow('did you mean "x"')
    for (const names of [[], ['x', 'y', 'z'], ['x', 'x']]) {
      expect(() => partialDependenceOf(study, names)).toThrow('expected one name, or two that differ')
    }
    for (const points of [1, 65]) expect(() => partialDependenceOf(study, ['x'], { points })).toThrow('points')
  })
})
