import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { greatestPlaces } from './greatest-places.ts'

type Choose = (numbers: ArrayLike<number>, count: number) => number[]

/** What a full sort says, or the numbers on which something else was said. */
function broken(choose: Choose): unknown {
  const numbers = fc.array(fc.oneof(fc.integer({ min: -2, max: 2 }), fc.double({ noNaN: true })), { maxLength: 60 })
  const law = fc.property(numbers, fc.integer({ min: -1, max: 70 }), (given, count) => {
    const sorted = [...given.keys()].sort((a, b) => (given[b] as number) - (given[a] as number) || a - b)
    expect(choose(given, count)).toEqual(sorted.slice(0, Math.max(0, count)))
  })
  return fc.check(law, { seed: 7, numRuns: 500 }).counterexample
}

describe('greatestPlaces', () => {
  test('gives the first places of all in order', () => {
    expect(broken(greatestPlaces)).toBeNull()
  })

  test.each<[string, Choose]>([
    ['of equals the later', (numbers, count) => greatestPlaces([...Array.from(numbers)].reverse(), count)],
    ['one too few', (numbers, count) => greatestPlaces(numbers, count - 1)],
    [
      'the least',
      (numbers, count) =>
        greatestPlaces(
          Array.from(numbers, (one) => -one),
          count,
        ),
    ],
  ])('a choice of %s is found out', (_, wrong) => {
    expect(broken(wrong)).not.toBeNull()
  })
})
