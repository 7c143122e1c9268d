import { createCodec } from '@mabeam/foundation'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isExactData } from './exact-data.ts'

describe('isExactData', () => {
  test('says so of nothing that a codec would change', () => {
    const codec = createCodec()
    let exact = 0
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
    })
    fc.assert(
      fc.property(
        fc.oneof(anything, fc.sparseArray(fc.jsonValue()), fc.object({ withNullPrototype: true }), fc.jsonValue()),
        (value) => {
          if (!isExactData(value)) return
          exact++
          expect(codec.decode(codec.encode(value))).toStrictEqual(value)
        },
      ),
      { numRuns: 2_000, seed: 5 },
    )
    expect(exact).toBeGreaterThan(500)
  })

  test.each([
    ['a vote', { option: 'ship', confidence: 0.25, reason: 'why not' }, true],
    ['bids', { bids: [{ items: ['a', 'b'], price: 2 ** 53 - 1 }] }, true],
    ['NaN', { value: Number.NaN }, true],
    ['-0, which comes back as 0', { value: -0 }, false],
    ['half of a character', { reason: '\ud800' }, false],
    ['half of a character as a name', { '\udc00': 1 }, false],
    ['nothing', { value: undefined }, false],
    ['a large whole number', { value: 2n ** 60n }, false],
    ['a list with a gap', Object.assign(Array(3), { 0: 1, 2: 1 }), false],
    ['a date', { value: new Date(0) }, false],
    ['bytes', { value: new Uint8Array(3) }, false],
    ['a list of 62, with which 64 parts are full', Array(62).fill(1), true],
    ['a list of one more', Array(63).fill(1), false],
  ])('%s', (_, value, isExact) => {
    expect(isExactData(value)).toBe(isExact)
  })
})
