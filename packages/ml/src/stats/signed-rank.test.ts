import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { signedRank, signedRankExactMax } from './signed-rank.ts'

/** Over all signs of the differences that are not zero; zeros counted half, as the function says. */
function enumerated(differences: readonly number[]): number {
  const sizes = differences.map(Math.abs)
  const ranks = sizes.map((size) => {
    const below = sizes.filter((other) => other < size).length
    const equal = sizes.filter((other) => other === size).length
    return below + (equal + 1) / 2
  })
  const free = ranks.filter((_, i) => differences[i] !== 0)
  const reached = ranks.reduce((sum, rank, i) => sum + ((differences[i] as number) > 0 ? rank : 0), 0)
  let count = 0
  for (let signs = 0; signs < 2 ** free.length; signs++) {
    const sum = free.reduce((total, rank, i) => total + (signs & (1 << i) ? rank : 0), 0)
    if (sum >= reached - 1e-9) count++
  }
  return count / 2 ** free.length
}

describe('signedRank', () => {
  test('equals the enumeration of all signs, with ties and zeros', () => {
    const random = seededRandom(3)
    for (let i = 0; i < 60; i++) {
      const differences = Array.from({ length: 1 + random.int(10) }, () => random.int(7) - 3)
      expect(signedRank(differences).p).toBeCloseTo(enumerated(differences), 12)
    }
  })

  test('is what tables say: five differences of one sign have p = 1/32', () => {
    expect(signedRank([0.1, 0.4, 0.2, 0.5, 0.3])).toEqual({ p: 1 / 32, positive: 15, n: 5, method: 'exact' })
    expect(signedRank([-1, -2, -3]).p).toBe(1)
    expect(signedRank([0, 0, 0]).p).toBe(1)
  })

  test('the normal approximation goes on where counting stops', () => {
    const random = seededRandom(5)
    const differences = Array.from({ length: signedRankExactMax }, () => random.normal() + 0.3)
    const exact = signedRank(differences)
    const normal = signedRank([...differences, ...differences.slice(0, 1)])
    expect([exact.method, normal.method]).toEqual(['exact', 'normal'])
    expect(Math.abs(exact.p - normal.p)).toBeLessThan(0.03)
  })

  test('is as rare as it says when there is no difference', () => {
    const random = seededRandom(8)
    for (const n of [12, 40]) {
      let below = 0
      for (let i = 0; i < 1_000; i++) {
        if (signedRank(Array.from({ length: n }, () => random.normal())).p <= 0.1) below++
      }
      expect(below / 1_000).toBeGreaterThan(0.07)
      expect(below / 1_000).toBeLessThan(0.125)
    }
  })

  test('refuses what has no answer', () => {
    expect(() => signedRank([])).toThrow('signedRank: expected at least one number')
    expect(() => signedRank([1, Number.NaN])).toThrow('signedRank: [1]: expected a finite number')
  })
})
