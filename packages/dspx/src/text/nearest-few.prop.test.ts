import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NearestFew } from './nearest-few.ts'

const nearness = fc.array(fc.constantFrom(0, 0.25, 0.5, 1, Number.NaN), { maxLength: 40 })

function few(near: readonly number[], count: number): number[] {
  const kept = new NearestFew(near, count)
  for (const at of near.keys()) if (kept.wants(at)) kept.take(at)
  return kept.inOrder()
}

function bySorting(near: readonly number[], count: number): number[] {
  const known = (at: number) => (Number.isNaN(near[at]) ? -1 : (near[at] as number))
  return [...near.keys()].sort((a, b) => known(b) - known(a) || a - b).slice(0, count)
}

describe('NearestFew', () => {
  test('gives what sorting gives, of none, of fewer and of more than it keeps', () => {
    fc.assert(
      fc.property(nearness, fc.nat(45), (near, count) => {
        expect(few(near, count)).toEqual(bySorting(near, count))
      }),
      { numRuns: 500 },
    )
  })

  test('wants nothing that is as near as the least near it has', () => {
    const kept = new NearestFew([1, 1, 2], 1)
    kept.take(0)
    expect([kept.wants(1), kept.wants(2)]).toEqual([false, true])
    expect(new NearestFew([1], 0).wants(0)).toBe(false)
  })
})
