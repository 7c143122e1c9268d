import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameReader } from './frame-reader.ts'
import { FrameWriter, textBytesMax } from './frame-writer.ts'

const frames = fc.array(
  fc.record({
    type: fc.integer({ min: 0, max: 255 }),
    number: fc.integer({ min: 0, max: 0xffff_ffff }),
    text: fc.string({ maxLength: 40, unit: 'binary' }),
    body: fc.uint8Array({ maxLength: 20_000 }),
  }),
  { maxLength: 12 },
)

type Frame = typeof frames extends fc.Arbitrary<(infer T)[]> ? T : never

function written(all: readonly Frame[]): Buffer {
  const writer = new FrameWriter()
  for (const { type, number, text, body } of all) {
    const bytes = 4 + textBytesMax(text) + body.length
    writer.begin(type, bytes).u32(number).text(text).bytes(body).finish()
  }
  return Buffer.from(writer.take())
}

function read(bytes: Buffer, start: number, end: number): Frame {
  const length = bytes.readUInt16BE(start + 5)
  const bodyAt = start + 7 + length
  return {
    type: bytes[start] as number,
    number: bytes.readUInt32BE(start + 1),
    text: bytes.toString('utf8', start + 7, bodyAt),
    body: new Uint8Array(bytes.subarray(bodyAt, end)),
  }
}

/** A lone half of a surrogate pair is no text that can be sent. */
const asSent = (all: readonly Frame[]) => all.map((one) => ({ ...one, text: one.text.toWellFormed() }))

describe('frames', () => {
  test('come out as they went in, wherever the stream was cut', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1 }), (all, cuts) => {
        const bytes = written(all)
        const got: Frame[] = []
        const reader = new FrameReader(1_000_000, (source, start, end) => void got.push(read(source, start, end)))
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const next = at + (cuts[i % cuts.length] as number)
          reader.push(bytes.subarray(at, next))
          at = next
        }
        expect(got).toEqual(asSent(all))
      }),
      { numRuns: 60 },
    )
  })

  test('one of the greatest length is read, one of one more is refused before it is kept', () => {
    const of = (length: number) => {
      const writer = new FrameWriter()
      writer.begin(1, length).bytes(new Uint8Array(length)).finish()
      return Buffer.from(writer.take())
    }
    const lengths: number[] = []
    const reader = () => new FrameReader(101, (_, start, end) => void lengths.push(end - start))
    reader().push(of(100))
    expect(lengths).toEqual([101])
    expect(() => reader().push(of(101).subarray(0, 4))).toThrow(
      expect.objectContaining({ code: 'foundation/broken-frame' }),
    )
    expect(() => reader().push(Buffer.alloc(4))).toThrow('expected a length from 1 to 101, got 0')
  })

  test('a reader that was ended in the middle of a chunk tells nothing more', () => {
    let told = 0
    const reader: FrameReader = new FrameReader(1_000, () => {
      told++
      reader.ended = true
    })
    const frame = { type: 1, number: 1, text: '', body: new Uint8Array() }
    reader.push(written([frame, frame]))
    expect(told).toBe(1)
  })
})
