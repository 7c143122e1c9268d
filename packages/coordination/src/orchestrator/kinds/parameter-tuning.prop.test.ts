import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DirectiveTurn, Situation } from '../directive.ts'
import { nextValue, parameterTuning, type Trial, trialsOf } from './parameter-tuning.ts'

const ranges = fc
  .record({
    min: fc.integer({ min: -100, max: 100 }),
    cells: fc.integer({ min: 1, max: 60 }),
    step: fc.constantFrom(0.1, 1, 2.5, 7),
  })
  .map(({ min, cells, step }) => ({ min, max: min + cells * step, step }))

describe('nextValue', () => {
  test('finds the top of any curve with one top, from anywhere, and stays there', () => {
    const property = fc.property(ranges, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(60), (range, top, from) => {
      const { min, max, step } = range
      const best = min + top * (max - min)
      const score = (value: number) => -Math.abs(value - best)
      let value = Math.min(max, min + from * step)
      const trials: Trial[] = []
      for (let turn = 0; turn < 70; turn++) {
        trials.push({ value, score: score(value) })
        const next = nextValue(trials, range)
        expect(next).toBeGreaterThanOrEqual(min)
        expect(next).toBeLessThanOrEqual(max)
        value = next as number
      }
      expect(Math.abs(value - best)).toBeLessThanOrEqual(step / 2 + 1e-6)
      expect(nextValue([...trials, { value, score: score(value) }], range)).toBeCloseTo(value)
    })
    fc.assert(property, { seed: 21, numRuns: 200 })
  })

  test('does not pass the end by what is rounded', () => {
    const trials = [
      { value: 0.1, score: 0 },
      { value: 0.2, score: 1 },
    ]
    expect(nextValue(trials, { min: 0, max: 0.3, step: 0.1 })).toBe(0.3)
  })

  test('says nothing before anything was tried, and follows what was measured last', () => {
    const range = { min: 0, max: 2, step: 1 }
    expect(nextValue([], range)).toBeUndefined()
    const all = [0, 1, 2].map((value) => ({ value, score: value }))
    expect(nextValue(all, range)).toBe(2)
    expect(nextValue([...all, { value: 2, score: -5 }], range)).toBe(1)
  })
})

describe('parameterTuning', () => {
  const turn = (level: unknown, metrics: { readonly [name: string]: number }): DirectiveTurn => {
    const rest = {
      directive: 'd',
      kind: 't',
      turn: 1,
      atMs: 0,
      durationMs: 0,
      coordinated: { type: 'unchanged' },
    } as const
    return { ...rest, values: { level }, metrics }
  }
  const situation = (history: readonly DirectiveTurn[], metrics: { readonly [name: string]: number }): Situation => ({
    directive: 'd',
    atMs: 0,
    agents: [],
    resources: { capacity: {}, used: {} },
    values: {},
    metrics,
    given: undefined,
    history,
  })

  test('a value is judged by what the turn after it measured', () => {
    const history = [turn(1, { speed: 9 }), turn(2, { speed: 5 }), turn('x', { speed: 6 }), turn(3, {})]
    expect(trialsOf(situation(history, { speed: 7 }), 'level', 'speed')).toEqual([
      { value: 1, score: 5 },
      { value: 2, score: 6 },
      { value: 3, score: 7 },
    ])
    expect(trialsOf(situation(history.slice(0, 1), {}), 'level', 'speed')).toEqual([])
  })

  test('what makes no range or no grid is refused', () => {
    const given = { parameter: 'level', metric: 'speed', min: 0, max: 1 }
    for (const wrong of [
      { max: 0 },
      { min: Number.NaN },
      { step: 0 },
      { step: 1e-9 },
      { goal: 'best' },
      { max: Infinity },
    ]) {
      expect(() => parameterTuning({ ...given, ...wrong } as never)).toThrow('parameterTuning: ')
    }
  })
})
