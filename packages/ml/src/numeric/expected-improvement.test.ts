import { describe, expect, test } from 'vitest'
import { logImprovement } from './expected-improvement.ts'

describe('logImprovement', () => {
  // log h(z) to 15 digits, by arbitrary precision arithmetic.
  test.each([
    [3, 1.09873966532771],
    [0, -0.918938533204673],
    [-0.999, -2.48321711544759],
    [-1, -2.48512102571264],
    [-5, -16.744301162661],
    [-10, -55.5531220361224],
    [-40, -808.29856835662],
  ])('of %d is %d', (z, expected) => {
    expect(Math.abs(logImprovement(z).value - expected)).toBeLessThan(1e-6)
  })

  test('is smooth across the seam, rises, and its slope is its derivative', () => {
    for (let z = -30; z < 6; z += 0.05) {
      const numeric = (logImprovement(z + 1e-5).value - logImprovement(z - 1e-5).value) / 2e-5
      expect(Math.abs(numeric / logImprovement(z).slope - 1)).toBeLessThan(3e-3)
      expect(logImprovement(z + 0.05).value).toBeGreaterThan(logImprovement(z).value)
    }
  })

  test('stays finite where improvement is as unlikely as it gets', () => {
    for (const z of [-1e3, -1e8, -1e150]) expect(Number.isFinite(logImprovement(z).value)).toBe(true)
  })
})
