import { describe, expect, test } from 'vitest'
import { dominates } from './front/pareto-front.ts'
import { checkLimits, feasibleFirstLosses, limitsMax, violationOf } from './outcome-limit.ts'

const limits = [
  { name: 'latency', atMost: 500 },
  { name: 'share', atLeast: 0 },
]
const objectives = [
  { name: 'cost', direction: 'minimise' },
  { name: 'gain', direction: 'maximise' },
] as const
const outcome = (cost: number, gain: number, latency = 0, share = 0) => ({ values: { cost, gain, latency, share } })

describe('violationOf', () => {
  test('adds excesses relative to their bounds, absolute ones where the bound is 0', () => {
    expect(violationOf(outcome(0, 0, 500, 0), limits)).toBe(0)
    expect(violationOf(outcome(0, 0, 750, -2), limits)).toBe(2.5)
    expect(violationOf({ values: { latency: 1 } }, limits)).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('feasibleFirstLosses', () => {
  const losses = (one: ReturnType<typeof outcome>) => feasibleFirstLosses(one, objectives, limits)

  test('any feasible outcome dominates any other, and less violation dominates more', () => {
    const [good, near, far] = [outcome(1e9, -1e9), outcome(0, 0, 501), outcome(0, 0, 9_000)].map(losses)
    expect(dominates(good as number[], near as number[])).toBe(true)
    expect(dominates(near as number[], far as number[])).toBe(true)
    expect(losses(outcome(2, 3))).toEqual([2, -3])
  })
})

describe('checkLimits', () => {
  test('takes so many limits and not one more', () => {
    const many = Array.from({ length: limitsMax }, (_, i) => ({ name: `v${i}`, atMost: 1 }))
    checkLimits('s', many)
    expect(() => checkLimits('s', [...many, { name: 'x', atMost: 1 }])).toThrow('s: limits: expected at most 32 limits')
  })

  test('refuses bounds that bind nothing or that nothing can keep', () => {
    expect(() => checkLimits('s', [{ name: 'x' }])).toThrow('a finite atMost or atLeast')
    expect(() => checkLimits('s', [{ name: 'x', atMost: Number.NaN }])).toThrow('atMost')
    expect(() => checkLimits('s', [{ name: 'x', atMost: 1, atLeast: 2 }])).toThrow('atLeast not above atMost')
    expect(() => checkLimits('s', [{ name: 'x', atmost: 1 } as never])).toThrow('did you mean "atMost"?')
  })
})
