import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { quasiNormals, sobolDimensions, sobolPointsMax, sobolSequence } from './sobol.ts'

/** How many points fall into each cell of a grid with 2^a by 2^b cells over dimensions x and y. */
function cells(points: readonly Float64Array[], [x, y]: readonly [number, number], [a, b]: readonly [number, number]) {
  const counts = new Array<number>(2 ** (a + b)).fill(0)
  for (const point of points) {
    const column = Math.floor((point[x] as number) * 2 ** a)
    const row = Math.floor((point[y] as number) * 2 ** b)
    counts[column * 2 ** b + row] = (counts[column * 2 ** b + row] as number) + 1
  }
  return counts
}

const points = (dimensions: number, count: number, seed: number) => {
  const sequence = sobolSequence(dimensions, seededRandom(seed))
  return Array.from({ length: count }, (_, index) => sequence.point(index))
}

describe('sobolSequence', () => {
  test.each([
    [1, [0.5, 0.125, 0.921875, 0.328125]],
    [2, [0.5, 0.875, 0.734375, 0.015625]],
    [9, [0.5, 0.375, 0.953125, 0.609375]],
    [63, [0.5, 0.875, 0.359375, 0.015625]],
    [127, [0.5, 0.875, 0.265625, 0.859375]],
  ])('gives the published points in dimension %d', (d, expected) => {
    const plain = sobolSequence(128)
    const got = [1, 5, 37, 63].map((index) => plain.point(index)[d] as number)
    for (const [i, value] of got.entries()) expect(value).toBeCloseTo(expected[i] as number, 8)
  })

  test('puts one of 2^k points into each of 2^k intervals of every dimension, also beyond the published ones', () => {
    const drawn = points(sobolDimensions * 2 + 3, 64, 3)
    for (let d = 0; d < sobolDimensions * 2 + 3; d++) {
      const seen = new Set(drawn.map((point) => Math.floor((point[d] as number) * 64)))
      expect(seen.size).toBe(64)
    }
  })

  test('scrambling keeps the net of the first two dimensions: one point in every elementary interval', () => {
    for (const seed of [1, 2, 3, 4]) {
      const drawn = points(2, 64, seed)
      for (let a = 0; a <= 6; a++) expect(new Set(cells(drawn, [0, 1], [a, 6 - a]))).toEqual(new Set([1]))
    }
  })

  test('integrates a smooth product far better than random points do', () => {
    const product = (point: Float64Array) => point.reduce((value, u) => value * (1 + (u - 0.5)), 1)
    const miss = (drawn: readonly Float64Array[]) =>
      Math.abs(drawn.reduce((sum, point) => sum + product(point), 0) / drawn.length - 1)
    const random = seededRandom(5)
    const plain = Array.from({ length: 1024 }, () => Float64Array.from({ length: 8 }, () => random.next()))
    expect(miss(points(8, 1024, 5)) * 5).toBeLessThan(miss(plain))
  })

  test('every point is uniform over the seeds', () => {
    const means = Array.from({ length: 500 }, (_, seed) => sobolSequence(3, seededRandom(seed)).point(5)[2] as number)
    expect(means.reduce((sum, u) => sum + u, 0) / 500).toBeCloseTo(0.5, 1)
    expect(Math.min(...means)).toBeLessThan(0.02)
    expect(Math.max(...means)).toBeGreaterThan(0.98)
  })

  test('refuses dimensions and points that it does not have', () => {
    const one = sobolSequence(1, seededRandom(1))
    expect(one.point(sobolPointsMax - 1)[0]).toBeLessThan(1)
    for (const index of [sobolPointsMax, -1, 0.5, Number.NaN]) expect(() => one.point(index)).toThrow('index')
    for (const dimensions of [0, 10_001, 1.5, Number.NaN]) expect(() => sobolSequence(dimensions)).toThrow('dimensions')
    expect(sobolSequence(10_000, seededRandom(1)).point(1)).toHaveLength(10_000)
  })
})

test('quasiNormals have the moments of normals', () => {
  const normals = quasiNormals({ count: 128, dimensions: 2 }, seededRandom(9))
  const moment = (power: number) => normals.reduce((sum, z) => sum + z ** power, 0) / normals.length
  expect([moment(1), moment(2), moment(3)].map((m, i) => Math.abs(m - (i === 1 ? 1 : 0)) < 0.1)).toEqual([
    true,
    true,
    true,
  ])
  expect(normals.every(Number.isFinite)).toBe(true)
})
