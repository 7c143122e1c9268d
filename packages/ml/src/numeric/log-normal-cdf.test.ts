import { describe, expect, test } from 'vitest'
import { logNormalCdf } from './log-normal-cdf.ts'
import { normalCdf } from './normal.ts'

describe('logNormalCdf', () => {
  test('is the logarithm of the distribution function where that is no rounding', () => {
    for (let z = -20; z <= 8; z += 0.37) {
      expect(logNormalCdf(z).value).toBeCloseTo(Math.log(normalCdf(z)), 6)
      const slope = (logNormalCdf(z + 1e-5).value - logNormalCdf(z - 1e-5).value) / 2e-5
      expect(logNormalCdf(z).slope / Math.max(slope, 1e-12)).toBeCloseTo(1, z > 5 ? -1 : 3)
    }
  })

  test('stays finite and goes on falling where the distribution function is 0', () => {
    const far = [-40, -1e3, -1e10, -1e100].map((z) => logNormalCdf(z).value)
    expect(far.every(Number.isFinite)).toBe(true)
    expect(far).toEqual([...far].sort((a, b) => b - a))
    expect(far[0]).toBeCloseTo(-804.608, 2)
  })
})
