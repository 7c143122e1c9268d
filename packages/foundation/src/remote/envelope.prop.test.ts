import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isMabeamError } from '../errors.ts'
import { decodeEnvelope, type Envelope, encodeEnvelope, envelopeKinds } from './envelope.ts'

const whole = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const envelopes: fc.Arbitrary<Envelope> = fc.record({
  kind: fc.constantFrom(...envelopeKinds),
  targetId: whole,
  targetEpoch: whole,
  targetName: fc.string({ maxLength: 60 }),
  sender: fc.string({ minLength: 1, maxLength: 60 }),
  senderEpoch: whole,
  sequence: whole,
  deadlineMs: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.double({ min: 0, max: 1e12, noNaN: true })),
  cancellable: fc.boolean(),
  body: fc.uint8Array({ maxLength: 300 }),
})

describe('envelope', () => {
  test('what is read is what was written', () => {
    fc.assert(
      fc.property(envelopes, (envelope) => {
        expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual(envelope)
      }),
    )
  })

  test('any bytes are read or refused with a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(255), (bytes, first) => {
        for (const given of [bytes, Uint8Array.of(1, first, ...bytes)]) {
          try {
            decodeEnvelope(given)
          } catch (thrown) {
            expect(isMabeamError(thrown) && thrown.code).toBe('foundation/unreadable-message')
          }
        }
      }),
      { numRuns: 1_000 },
    )
  })

  test('an envelope cut short is refused, wherever it is cut before its body', () => {
    fc.assert(
      fc.property(envelopes, fc.nat(), (envelope, at) => {
        const bytes = encodeEnvelope(envelope)
        const headLength = bytes.length - envelope.body.length
        expect(() => decodeEnvelope(bytes.subarray(0, at % headLength))).toThrow('unreadable message')
      }),
    )
  })

  test('another version is refused by name', () => {
    const bytes = encodeEnvelope(fc.sample(envelopes, { numRuns: 1, seed: 1 })[0] as Envelope)
    bytes[0] = 2
    expect(() => decodeEnvelope(bytes)).toThrow('expected envelope version 1, got 2')
  })

  test('version 1 is read as it was first written', () => {
    const hexBytes =
      '010301' +
      '4045000000000000' +
      '40f0000000000000' +
      '4008000000000000' +
      '3ff0000000000000' +
      '7ff0000000000000' +
      '026e31' +
      '01' +
      '61' +
      '0102'
    expect(decodeEnvelope(Buffer.from(hexBytes, 'hex'))).toEqual({
      kind: 'cancel',
      targetId: 42,
      targetEpoch: 65_536,
      senderEpoch: 3,
      sequence: 1,
      deadlineMs: Number.POSITIVE_INFINITY,
      cancellable: true,
      sender: 'n1',
      targetName: 'a',
      body: Buffer.of(1, 2),
    })
  })
})
