import { describe, expect, test } from 'vitest'
import { WeightRows } from './weight-rows.ts'

describe('WeightRows', () => {
  test('gives each number a row of its own, which stays where it is', () => {
    const rows = new WeightRows(3)
    expect(rows.find(7)).toBe(-1)
    const first = rows.add(7, 0.5)
    const second = rows.add(0, -1)
    expect([first, second]).toEqual([0, 3])
    rows.weights[second + 1] = 2
    for (let number = 100; number < 200; number++) rows.add(number, 0)
    expect([rows.find(7), rows.find(0), rows.find(1)]).toEqual([first, second, -1])
    expect(rows.weights.slice(0, 6)).toEqual([0.5, 0.5, 0.5, -1, 2, -1])
    expect(rows.weights).toHaveLength(102 * 3)
  })
})
