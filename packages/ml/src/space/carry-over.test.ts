import { describe, expect, test } from 'vitest'
import { carryOver } from './carry-over.ts'
import { defineSpace } from './group.ts'
import { permutation, subset } from './list-variable.ts'
import { choice, float, int } from './variable.ts'

const now = defineSpace({
  model: choice(['small', 'huge']),
  rate: float(0.01, 0.1),
  demos: int(0, 8, { step: 2 }),
  tools: subset(['search', 'code'], { minSize: 1 }),
  order: permutation(['a', 'b', 'c']),
  depth: int(1, 3, { when: { model: ['huge'] } }),
}).constrain('few', (c) => c.demos <= 6)

const fits = { model: 'small', rate: 0.05, demos: 4, tools: ['code'], order: ['b', 'a', 'c'] } as const

describe('carryOver', () => {
  test('keeps a configuration that fits as it is', () => {
    expect(carryOver(now, [fits])).toEqual([{ config: fits, exact: true, changes: [] }])
  })

  test('drops what is unknown or inactive and adds defaults, which leaves it exact', () => {
    const { demos: _demos, ...old } = fits
    expect(carryOver(now, [{ ...old, depth: 2, seed: 7 }])).toEqual([
      {
        config: { ...fits, demos: 4 },
        exact: true,
        changes: [
          { type: 'dropped', variable: 'depth', from: 2, reason: 'inactive' },
          { type: 'dropped', variable: 'seed', from: 7, reason: 'unknown' },
          { type: 'added', variable: 'demos', to: 4 },
        ],
      },
    ])
  })

  test('moves values to the nearest that there is, or the default where values have no order', () => {
    const old = { model: 'large', rate: 5, demos: 3.2, tools: ['search', 'shell'], order: ['c', 'x', 'a'] }
    const [carried] = carryOver(now, [old])
    expect(carried?.config).toEqual({ model: 'small', rate: 0.1, demos: 4, tools: ['search'], order: ['c', 'a', 'b'] })
    expect(carried?.exact).toBe(false)
    expect(carried?.changes.map((one) => one.type)).toEqual(['moved', 'moved', 'moved', 'moved', 'moved'])
  })

  test('gives what a new parent makes active its default, and follows new names', () => {
    const { model: _model, ...old } = fits
    const [carried] = carryOver(now, [{ ...old, engine: 'huge' }], { renamed: { engine: 'model' } })
    expect(carried).toEqual({
      config: { ...fits, model: 'huge', depth: 2 },
      exact: true,
      changes: [{ type: 'added', variable: 'depth', to: 2 }],
    })
  })

  test('says which constraint refuses what came of it', () => {
    expect(carryOver(now, [{ ...fits, demos: 8 }])).toEqual([
      { config: undefined, exact: false, changes: [{ type: 'refused', constraint: 'few' }] },
    ])
  })

  test('takes what is no value for the default, and refuses too many', () => {
    const [carried] = carryOver(now, [{ ...fits, rate: Number.NaN, tools: 'code' }])
    expect(carried?.config).toMatchObject({ rate: now.defaults.rate, tools: ['search'] })
    expect(() =>
      carryOver(
        now,
        Array.from({ length: 100_001 }, () => fits),
      ),
    ).toThrow('at most 100000 configurations')
  })
})
