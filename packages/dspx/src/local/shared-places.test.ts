import { describe, expect, test } from 'vitest'
import { noPlace, SharedPlaces } from './shared-places.ts'

describe('SharedPlaces', () => {
  test('gives each holder its own places, and nothing of the one before', () => {
    const shared = new SharedPlaces()
    const [one, other] = [{}, {}]
    shared.take(one, [7, 3])
    expect([...shared.upTo(8)].slice(0, 8)).toEqual([-1, -1, -1, 1, -1, -1, -1, 0])
    shared.take(other, [3])
    expect([...shared.upTo(8)].slice(0, 8)).toEqual([-1, -1, -1, 0, -1, -1, -1, -1])
    shared.take(one, [7, 3])
    expect([shared.upTo(8)[3], shared.upTo(8)[7]]).toEqual([1, 0])
  })

  test('forgets what a holder added while it had the table, and keeps it while the table grows', () => {
    const shared = new SharedPlaces()
    const numbers: number[] = []
    shared.take(numbers, numbers)
    shared.upTo(6)[5] = 0
    numbers.push(5)
    const grown = shared.upTo(100_000)
    expect([grown[5], grown[99_999]]).toEqual([0, noPlace])
    shared.take({}, [])
    expect(shared.upTo(6)[5]).toBe(noPlace)
  })
})
