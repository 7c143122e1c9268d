import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { RidgeSystem } from './ridge.ts'

test('RidgeSystem › solves (K + ridge I) X = Y', () => {
  const vector = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 })
  fc.assert(
    fc.property(
      fc.array(vector, { minLength: 1, maxLength: 8 }),
      fc.double({ min: 0.1, max: 3, noNaN: true }),
      (rows, ridge) => {
        const n = rows.length
        const dot = (a: readonly number[], b: readonly number[]) =>
          a.reduce((sum, x, i) => sum + x * (b[i] as number), 0)
        const gram = Float64Array.from({ length: n * n }, (_, i) =>
          dot(rows[Math.floor(i / n)] as number[], rows[i % n] as number[]),
        )
        const targets = Float64Array.from({ length: n * 2 }, (_, i) => Math.sin(i))
        const solution = new RidgeSystem(gram, ridge).solve(targets)
        for (let i = 0; i < n; i++) {
          for (let c = 0; c < 2; c++) {
            let sum = ridge * (solution[i * 2 + c] as number)
            for (let k = 0; k < n; k++) sum += (gram[i * n + k] as number) * (solution[k * 2 + c] as number)
            expect(sum).toBeCloseTo(targets[i * 2 + c] as number, 6)
          }
        }
      },
    ),
  )
})

test('RidgeSystem › solves nothing for nothing', () => {
  expect(new RidgeSystem(new Float64Array(0), 1).solve(new Float64Array(0))).toHaveLength(0)
})
