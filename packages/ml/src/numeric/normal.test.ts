import { describe, expect, test } from 'vitest'
import { normalCdf, normalMass, normalQuantile } from './normal.ts'

describe('normalCdf', () => {
  test.each([
    [0, 0.5],
    [1, 0.8413447460685429],
    [-1.959963984540054, 0.025],
    [-6, 9.86587645037698e-10],
    [-10, 7.61985302416052e-24],
    [-20, 2.7536241186062337e-89],
  ])('of %d is %d', (z, p) => {
    expect(Math.abs(normalCdf(z) / p - 1)).toBeLessThan(1e-8)
  })

  test('reaches 0 and 1 far out', () => {
    expect([normalCdf(-40), normalCdf(40)]).toEqual([0, 1])
  })
})

test('normalMass keeps its digits in both tails', () => {
  expect(normalMass(10, 11)).toBeCloseTo(normalMass(-11, -10), 30)
  expect(normalMass(10, 11)).toBeGreaterThan(0)
})

describe('normalQuantile', () => {
  test('inverts normalCdf', () => {
    for (const p of [1e-9, 0.001, 0.02, 0.3, 0.5, 0.9, 0.9999]) expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 12)
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12)
  })

  test('is infinite at the ends', () => {
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])
  })
})
