import { describe, expect, test } from 'vitest'
import { KeySequences } from './key-sequences.ts'

describe('KeySequences', () => {
  test('knows what is older than what was seen', () => {
    const seen = new KeySequences()
    expect(seen.isOld('a', 0)).toBe(false)
    seen.see('a', 5)
    seen.see('a', 3)
    expect([seen.isOld('a', 4), seen.isOld('a', 5), seen.isOld('b', 1)]).toEqual([true, false, false])
  })

  test('keeps 4,096 keys, and forgets the one that was touched longest ago for one more', () => {
    const seen = new KeySequences()
    for (let i = 0; i < 4_096; i++) seen.see(`k${i}`, 5)
    seen.see('k0', 5)
    expect(seen.isOld('k1', 1)).toBe(true)
    seen.see('one more', 5)
    expect([seen.isOld('k0', 1), seen.isOld('k1', 1), seen.isOld('k2', 1)]).toEqual([true, false, true])
  })
})
