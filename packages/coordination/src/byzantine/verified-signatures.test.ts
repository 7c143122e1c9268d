import { describe, expect, test } from 'vitest'
import { VerifiedSignatures } from './verified-signatures.ts'

const said = Buffer.from('this')
const signature = (number: number) => Buffer.of(number, 1, 2, 3)

describe('VerifiedSignatures', () => {
  test('knows a signature when it comes again, by whom it is and for what', () => {
    const known = new VerifiedSignatures(10)
    expect(known.isGood(1, said, signature(1))).toBeUndefined()
    known.add(1, said, signature(1))
    expect(known.isGood(1, said, signature(1))).toBe(true)
    expect(known.isGood(2, said, signature(1))).toBe(false)
    expect(known.isGood(1, Buffer.from('that'), signature(1))).toBe(false)
  })

  test('remembers half of its limit for certain, and what is one past all of it is forgotten', () => {
    const known = new VerifiedSignatures(10)
    for (let number = 0; number < 10; number++) known.add(1, said, signature(number))
    expect(known.isGood(1, said, signature(0))).toBe(true)
    const others = new VerifiedSignatures(10)
    for (let number = 0; number < 11; number++) others.add(1, said, signature(number))
    expect(others.isGood(1, said, signature(0))).toBeUndefined()
    for (let number = 6; number < 11; number++) expect(others.isGood(1, said, signature(number))).toBe(true)
  })

  test('tells signatures without bytes apart by what they are', () => {
    const known = new VerifiedSignatures(10)
    const stamp = new Uint8Array()
    known.add(1, said, stamp)
    expect(known.isGood(1, said, stamp)).toBe(true)
    expect(known.isGood(1, said, new Uint8Array())).toBeUndefined()
  })
})
