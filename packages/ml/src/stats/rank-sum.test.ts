import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { rankSum, rankSumExactMax } from './rank-sum.ts'

/** Over all ways to choose which values are a's. */
function enumerated(a: readonly number[], b: readonly number[]): number {
  const all = [...a, ...b]
  const score = (chosen: readonly number[], rest: readonly number[]) =>
    chosen.reduce((sum, x) => sum + rest.reduce((s, y) => s + (x > y ? 1 : x === y ? 0.5 : 0), 0), 0)
  const reached = score(a, b)
  let [count, ways] = [0, 0]
  for (let mask = 0; mask < 2 ** all.length; mask++) {
    const chosen = all.filter((_, i) => mask & (1 << i))
    if (chosen.length !== a.length) continue
    ways++
    if (
      score(
        chosen,
        all.filter((_, i) => !(mask & (1 << i))),
      ) >=
      reached - 1e-9
    )
      count++
  }
  return count / ways
}

describe('rankSum', () => {
  test('equals the enumeration of all choices, with ties', () => {
    const random = seededRandom(4)
    for (let i = 0; i < 30; i++) {
      const draw = (n: number) => Array.from({ length: n }, () => random.int(5))
      const [a, b] = [draw(1 + random.int(5)), draw(1 + random.int(5))]
      expect(rankSum(a, b).p).toBeCloseTo(enumerated(a, b), 12)
    }
  })

  test('is what is published: permeability of membranes, Hollander & Wolfe, 1973', () => {
    const term = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
    const early = [1.15, 0.88, 0.9, 0.74, 1.21]
    const { p, pTwoSided, u, method, superiority } = rankSum(term, early)
    expect({ u, method, superiority }).toEqual({ u: 35, method: 'exact', superiority: 0.7 })
    expect(p).toBeCloseTo(0.1272, 4)
    expect(pTwoSided).toBeCloseTo(0.2544, 4)
  })

  test('turns round with its arguments, and of equal values says nothing', () => {
    const [a, b] = [
      [1, 2, 2, 7],
      [2, 3, 9],
    ]
    expect(rankSum(a, b).superiority).toBeCloseTo(1 - rankSum(b, a).superiority, 12)
    expect(rankSum(a, b).pTwoSided).toBeCloseTo(rankSum(b, a).pTwoSided, 12)
    expect(rankSum([1, 1], [1, 1, 1])).toMatchObject({ p: 1, pTwoSided: 1, superiority: 0.5 })
    const many = Array.from({ length: 30 }, () => 1)
    expect(rankSum(many, many)).toMatchObject({ p: 1, pTwoSided: 1, method: 'normal' })
  })

  test('the normal approximation goes on where counting stops', () => {
    const random = seededRandom(6)
    const half = rankSumExactMax / 2
    const a = Array.from({ length: half }, () => random.normal() + 0.4)
    const b = Array.from({ length: half }, () => random.normal())
    const [exact, normal] = [rankSum(a, b), rankSum(a, [...b, 0])]
    expect([exact.method, normal.method]).toEqual(['exact', 'normal'])
    expect(Math.abs(exact.p - normal.p)).toBeLessThan(0.05)
  })

  test('is as rare as it says when both are drawn from the same', () => {
    const random = seededRandom(9)
    for (const n of [8, 30]) {
      let below = 0
      for (let i = 0; i < 600; i++) {
        const draw = () => Array.from({ length: n }, () => random.int(20))
        if (rankSum(draw(), draw()).p <= 0.1) below++
      }
      expect(below / 600).toBeGreaterThan(0.06)
      expect(below / 600).toBeLessThan(0.13)
    }
  })

  test('refuses what has no answer', () => {
    expect(() => rankSum([], [1])).toThrow('rankSum: a: expected at least one number')
    expect(() => rankSum([1], [Number.NaN])).toThrow('rankSum: b: [0]: expected a finite number')
  })
})
