import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { choose, softmax } from './sampling.ts'

const options = (change: object = {}) => ({
  temperature: 1,
  topP: 1,
  topK: Number.POSITIVE_INFINITY,
  random: seededRandom(1),
  ...change,
})

describe('choose', () => {
  test('takes the best at temperature 0, and the first of equals', () => {
    expect(choose([0.1, 0.9, 0.3], options({ temperature: 0 }))).toBe(1)
    expect(choose([0.5, 0.5], options({ temperature: 0 }))).toBe(0)
  })

  test('draws as often as the softmax says', () => {
    const scores = [0, 0.1, 0.2]
    const drawn = [0, 0, 0]
    const shared = options()
    for (let i = 0; i < 20_000; i++) {
      const index = choose(scores, shared)
      drawn[index] = (drawn[index] as number) + 1
    }
    for (const [i, probability] of softmax(scores, 12).entries()) {
      expect((drawn[i] as number) / 20_000).toBeCloseTo(probability, 1)
    }
  })

  test('never draws outside topK and topP', () => {
    const scores = [0.2, 0.21, 0]
    for (let i = 0; i < 200; i++) {
      expect(choose(scores, options({ topK: 2, random: seededRandom(i) }))).not.toBe(2)
      expect(choose(scores, options({ topP: 0.1, random: seededRandom(i) }))).toBe(1)
    }
  })

  test('draws evenly at an infinite temperature', () => {
    const drawn = new Set(
      Array.from({ length: 50 }, (_, i) =>
        choose([9, 0], options({ temperature: Number.POSITIVE_INFINITY, random: seededRandom(i) })),
      ),
    )
    expect(drawn).toEqual(new Set([0, 1]))
  })
})
