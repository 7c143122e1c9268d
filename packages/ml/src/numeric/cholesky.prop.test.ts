import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import {
  factorise,
  inverseOf,
  lanes,
  logDeterminant,
  packedLength,
  solveLower,
  solveLowerLanes,
  solveUpper,
} from './cholesky.ts'

/** A Aᵀ + I, packed. */
function definite(n: number, seed: number): Float64Array {
  const random = seededRandom(seed)
  const a = Array.from({ length: n }, () => Array.from({ length: n }, () => random.normal()))
  const out = new Float64Array(packedLength(n))
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const product = (a[i] as number[]).reduce((sum, one, k) => sum + one * (a[j]?.[k] as number), 0)
      out[packedLength(i) + j] = product + Number(i === j)
    }
  }
  return out
}

const entry = (rows: Float64Array, i: number, j: number) =>
  rows[packedLength(Math.max(i, j)) + Math.min(i, j)] as number
const timesVector = (k: Float64Array, x: Float64Array) =>
  x.map((_, i) => x.reduce((sum, one, j) => sum + entry(k, i, j) * one, 0))

const factorOf = (k: Float64Array, n: number) => {
  const rows = k.slice()
  expect(factorise(rows, n)).toBe(true)
  return rows
}

const sizes = [1, 2, 3, 4, 5, 8, 17, 40]

describe('factorise', () => {
  test('gives L with L Lᵀ = K', () => {
    for (const n of sizes) {
      const k = definite(n, n)
      const rows = factorOf(k, n)
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++) {
          let sum = 0
          for (let c = 0; c <= j; c++) sum += entry(rows, i, c) * entry(rows, j, c)
          expect(Math.abs(sum - entry(k, i, j))).toBeLessThan(1e-10 * n)
        }
      }
    }
  })

  test('gives the same bits when rows are appended one by one, two by two or all at once', () => {
    const n = 23
    const k = definite(n, 5)
    const whole = factorOf(k, n)
    for (const by of [1, 2, 7]) {
      const rows = k.slice()
      for (let from = 0; from < n; from += by) expect(factorise(rows, Math.min(n, from + by), from)).toBe(true)
      expect(rows).toEqual(whole)
    }
  })

  test('refuses what is not positive definite', () => {
    expect(factorise(Float64Array.of(0), 1)).toBe(false)
    expect(factorise(Float64Array.of(1, 1, 1), 2)).toBe(false)
    expect(factorise(Float64Array.of(1, 2, 1), 2)).toBe(false)
    expect(factorise(Float64Array.of(1, Number.NaN, 1), 2)).toBe(false)
    expect(factorise(Float64Array.of(4, 0, 4, 0, 0, -1), 3)).toBe(false)
    expect(factorise(new Float64Array(0), 0)).toBe(true)
  })
})

describe('solving', () => {
  test('L then Lᵀ solves K x = b', () => {
    for (const n of sizes) {
      const k = definite(n, n + 100)
      const rows = factorOf(k, n)
      const x = Float64Array.from({ length: n }, (_, i) => Math.sin(i + 1))
      const b = timesVector(k, x)
      solveLower(rows, n, b)
      solveUpper(rows, n, b)
      for (const [i, one] of b.entries()) expect(one).toBeCloseTo(x[i] as number, 8)
    }
  })

  test('four right sides at once give what each gives alone, also in parts', () => {
    const n = 13
    const rows = factorOf(definite(n, 3), n)
    const sides = Array.from({ length: lanes }, (_, lane) =>
      Float64Array.from({ length: n }, (_, i) => Math.cos(i * (lane + 1))),
    )
    const block = Float64Array.from(
      { length: lanes * n },
      (_, i) => sides[i % lanes]?.[Math.floor(i / lanes)] as number,
    )
    solveLowerLanes(rows, { from: 0, to: 5 }, block)
    solveLowerLanes(rows, { from: 5, to: n }, block)
    for (const [lane, side] of sides.entries()) {
      solveLower(rows, n, side)
      for (let i = 0; i < n; i++) expect(block[i * lanes + lane]).toBeCloseTo(side[i] as number, 10)
    }
  })

  test('the inverse times K is the identity, and the determinants multiply to 1', () => {
    for (const n of sizes) {
      const k = definite(n, n + 7)
      const rows = factorOf(k, n)
      const inverse = inverseOf(rows, n)
      for (let j = 0; j < n; j++) {
        const column = Float64Array.from({ length: n }, (_, i) => entry(k, i, j))
        for (const [i, one] of timesVector(inverse, column).entries()) expect(one).toBeCloseTo(Number(i === j), 8)
      }
      expect(logDeterminant(factorOf(inverse, n), n) + logDeterminant(rows, n)).toBeCloseTo(0, 8)
    }
  })
})
