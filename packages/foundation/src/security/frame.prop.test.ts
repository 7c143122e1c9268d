import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { frameTemplate, isGenuine, readFrame, refusalFrame, refusalOf, refusalReasons, sealedFrame } from './frame.ts'
import { type MessageKey, systemKeys } from './system-keys.ts'

const key = systemKeys('test', 'test', { secret: 'x'.repeat(32) }).signing
const other = systemKeys('test', 'test', { secret: 'y'.repeat(32) }).signing
const instance = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

function seal(body: Uint8Array, given: { key?: MessageKey; subject?: string; conversation?: string } = {}) {
  const template = frameTemplate({ name: 'n1', epoch: 1_700_000_000_000, instance })
  const { subject = 'a.b', conversation } = given
  const head = { kind: 'publish', sequence: 77, sentMs: 1_700_000_000_001, subject } as const
  return sealedFrame({ template, key: given.key ?? key }, { ...head, ...(conversation && { conversation }) }, body)
}

describe('frames', () => {
  test('say what was said, and of whom', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (body) => {
        const bytes = seal(body)
        const frame = readFrame(bytes)
        if (typeof frame === 'string') throw new Error(frame)
        expect(frame).toMatchObject({ kind: 'publish', sender: 'n1', sequence: 77, sentMs: 1_700_000_000_001 })
        expect(frame.epoch).toBe(1_700_000_000_000)
        expect([...frame.body]).toEqual([...body])
        expect(isGenuine(key, { subject: 'a.b' }, bytes)).toBe(true)
        expect(isGenuine(other, { subject: 'a.b' }, bytes)).toBe(false)
        expect(isGenuine(key, { subject: 'a.c' }, bytes)).toBe(false)
        expect(isGenuine(key, { subject: 'a.b', conversation: '1' }, bytes)).toBe(false)
      }),
    )
  })

  test('of any bytes are read or refused with a word, never thrown at', () => {
    const headed = fc.uint8Array({ maxLength: 120 }).map((rest) => Uint8Array.of(0xc1, 1, ...rest))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 120 }), headed), (bytes) => {
        const frame = readFrame(bytes)
        if (typeof frame === 'string') expect(['unsigned', 'version', 'malformed']).toContain(frame)
        else expect(isGenuine(key, { subject: 'a.b' }, bytes)).toBe(false)
      }),
    )
  })

  test('of version 1 are read for ever', () => {
    // Made by the first version of this code; it has to be read for as long as any node may send it.
    const kept =
      'c101010274011ab301020304050607084278bcfe5680000040534000000000004278bcfe568010006e3168656c6c6f328c75a9078602a1319fdccdaaf621f1'
    expect(Buffer.from(seal(new TextEncoder().encode('hello'))).toString('hex')).toBe(kept)
    const bytes = Buffer.from(kept, 'hex')
    expect(readFrame(bytes)).toMatchObject({ kind: 'publish', sender: 'n1', sequence: 77 })
    expect(isGenuine(key, { subject: 'a.b' }, bytes)).toBe(true)
  })

  test('leave their bodies to who gave them', () => {
    const body = Uint8Array.of(1, 2, 3)
    const bytes = seal(body)
    body.fill(9)
    expect(isGenuine(key, { subject: 'a.b' }, bytes)).toBe(true)
    expect(bytes.byteOffset).toBe(0)
    expect(bytes.buffer.byteLength).toBe(bytes.length)
  })
})

describe('refusals', () => {
  test('name each reason, and nothing else is one', () => {
    for (const reason of refusalReasons) expect(refusalOf(refusalFrame(reason))).toBe(reason)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), (bytes) => {
        fc.pre(bytes[0] !== 0xc1)
        expect(refusalOf(bytes)).toBeUndefined()
      }),
    )
    expect(refusalOf(seal(new Uint8Array(0)))).toBeUndefined()
    expect(refusalOf(Uint8Array.of(0xc1, 1, 0, 0))).toBeUndefined()
    expect(refusalOf(Uint8Array.of(0xc1, 1, 0, refusalReasons.length + 1))).toBeUndefined()
  })
})
