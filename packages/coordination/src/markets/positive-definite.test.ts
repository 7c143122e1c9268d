import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { solvePositiveDefinite } from './positive-definite.ts'

describe('solvePositiveDefinite', () => {
  test('solves drawn systems', () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = seededRandom(`system ${seed}`)
      const size = 1 + random.int(12)
      const factor = Array.from({ length: size }, () => Array.from({ length: size }, () => random.next() - 0.5))
      const at = (row: number, column: number) =>
        factor.reduce((sum, line) => sum + (line[row] as number) * (line[column] as number), row === column ? 0.1 : 0)
      const matrix = Float64Array.from({ length: size * size }, (_, cell) => at(Math.floor(cell / size), cell % size))
      const wanted = Float64Array.from({ length: size }, () => random.next())
      const right = wanted.map((_, row) => wanted.reduce((sum, one, column) => sum + at(row, column) * one, 0))
      for (const [row, one] of (solvePositiveDefinite(matrix, right) ?? []).entries()) {
        expect(one).toBeCloseTo(wanted[row] as number, 8)
      }
    }
  })

  test('says nothing where there is no one solution, or no number', () => {
    expect(solvePositiveDefinite(Float64Array.of(1, 1, 1, 1), Float64Array.of(1, 1))).toBeUndefined()
    expect(solvePositiveDefinite(Float64Array.of(Number.NaN), Float64Array.of(1))).toBeUndefined()
    expect(solvePositiveDefinite(Float64Array.of(-1), Float64Array.of(1))).toBeUndefined()
  })
})
