import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { logFrame, readLogFrame } from './log-frame.ts'

const payloads = fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 10 })

function logOf(all: readonly Uint8Array[]): Buffer {
  return Buffer.concat(all.flatMap((one) => logFrame(one)))
}

interface Read {
  readonly payloads: readonly Uint8Array[]
  readonly end: number
  readonly how: string
}

function readAll(bytes: Buffer): Read {
  const found: Uint8Array[] = []
  for (let at = 0; ; ) {
    const one = readLogFrame(bytes, at, true)
    if (one.type !== 'payload') return { payloads: found, end: at, how: one.type }
    found.push(new Uint8Array(one.payload))
    at = one.end
  }
}

describe('a log', () => {
  test('that was cut anywhere is read up to the last whole frame, and its end is torn', () => {
    fc.assert(
      fc.property(payloads, fc.nat(), (all, cut) => {
        const whole = logOf(all)
        const bytes = whole.subarray(0, cut % (whole.length + 1))
        const { payloads: found, end, how } = readAll(bytes)
        expect(found).toEqual(all.slice(0, found.length))
        expect(how).toBe('torn')
        expect(end).toBe(logOf(found).length)
        // What is not read was not whole.
        const next = all[found.length]
        if (next !== undefined) expect(end + logOf([next]).length).toBeGreaterThan(bytes.length)
      }),
    )
  })

  test('that ends in zeros is torn there', () => {
    fc.assert(
      fc.property(payloads, fc.integer({ min: 1, max: 4_096 }), (all, zeros) => {
        const { payloads: found, how } = readAll(Buffer.concat([logOf(all), Buffer.alloc(zeros)]))
        expect([found, how]).toEqual([all, 'torn'])
      }),
    )
  })

  test('in which a byte of a frame changed that is followed by another is damaged, never silently shorter', () => {
    fc.assert(
      fc.property(payloads, fc.nat(), fc.integer({ min: 1, max: 255 }), (all, at, flip) => {
        const [head, payload] = [all[0] as Uint8Array, ...all]
        const bytes = logOf([payload as Uint8Array, ...all, head])
        // Of the length too, so that one that was made to reach the end is not taken for a torn one.
        const changed = at % (12 + head.length)
        bytes[changed] = (bytes[changed] as number) ^ flip
        expect(readAll(bytes)).toMatchObject({ end: 0, how: 'damaged', payloads: [] })
      }),
    )
  })
})
