import { deflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createCodec } from '../codec/codec.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { isMabeamError } from '../errors.ts'
import { seededRandom } from '../random.ts'
import { settled, testPort, virtualClock } from '../testing/index.ts'
import { compressed, decompressed } from './body-compression.ts'
import { readBody, readFrame, readHeader, writeFrame } from './channel-frame.ts'
import { openChannels } from './channels.ts'

const codec = createCodec()
const mebibyte = 1_048_576

const refusal = (run: () => unknown) => {
  try {
    run()
  } catch (thrown) {
    return isMabeamError(thrown) ? thrown.code : thrown
  }
  return undefined
}

describe('frames', () => {
  test('version 1 is read as it was written', () => {
    // A fixture: bytes that nodes of this version have sent must be readable for as long as it is spoken.
    const hex = '01000012010082a466726f6da26e31a565706f636801010081a56f7264657207'
    const frame = readFrame(Buffer.from(hex, 'hex'))
    expect(readHeader(codec, frame.header)).toEqual({ from: 'n1', epoch: 1 })
    expect(readBody(codec, frame, mebibyte)).toEqual({ order: 7 })
    expect(Buffer.from(writeFrame(frame)).toString('hex')).toBe(hex)
  })

  test('any bytes are read or refused with a typed error', () => {
    const random = seededRandom('frames')
    const whole = writeFrame({
      kind: 'request',
      header: codec.encode({ from: 'n1', epoch: 1, request: 3 }),
      body: codec.encode([1, 2, 3]),
      compressed: false,
    })
    for (let i = 0; i < 5_000; i++) {
      const bytes = whole.slice(0, random.int(whole.length + 1))
      for (let flips = random.int(4); flips > 0 && bytes.length > 0; flips--) {
        bytes[random.int(bytes.length)] = random.int(256)
      }
      const code = refusal(() => {
        const frame = readFrame(bytes)
        readHeader(codec, frame.header)
        readBody(codec, frame, mebibyte)
      })
      expect([undefined, 'foundation/unreadable-message', 'foundation/payload-too-large']).toContain(code)
    }
  })

  test('a later version, unknown flags and what is cut off are refused', () => {
    for (const bytes of [[2, 0, 0, 0], [1, 8, 0, 0], [1, 0, 0, 9, 1], [], [1]]) {
      expect(refusal(() => readHeader(codec, readFrame(Uint8Array.from(bytes)).header))).toBe(
        'foundation/unreadable-message',
      )
    }
  })

  test('garbage on the wire is dropped and counted, and what follows arrives', async () => {
    const clock = virtualClock()
    await using engine = memoryEngine({ clock })
    await using channels = openChannels(testPort({ engine, clock }))
    const got: unknown[] = []
    channels.on('t', (message) => void got.push(message))
    engine.publish('test.channel.events.t', Uint8Array.from([9, 9, 9]))
    engine.publish('test.channel.events.t', Uint8Array.from([1, 0, 0, 1, 7]))
    engine.publish('test.channel.events.t', Uint8Array.from([1, 2, 0, 1, 7]))
    channels.publish('t', 1)
    await settled()
    await clock.advance(1)
    expect(got).toEqual([1])
    expect(channels.stats().events.dropped.unreadable).toBe(3)
  })

  test('nobody makes a node answer on a subject that is not for answers', async () => {
    const clock = virtualClock()
    await using engine = memoryEngine({ clock })
    await using channels = openChannels(testPort({ engine, clock }))
    channels.respond('t', () => 1)
    let leaked = 0
    await engine.subscribe('test.secret', () => void leaked++)
    const header = codec.encode({ from: 'x', epoch: 1, replyTo: 'test.secret', request: 1 })
    engine.publish(
      'test.channel.events.t',
      writeFrame({ kind: 'request', header, body: codec.encode(1), compressed: false }),
    )
    await clock.advance(1)
    expect([leaked, channels.stats().events.delivered]).toEqual([0, 1])
  })
})

describe('compression', () => {
  test('a body of compressBytes is compressed, one that is shorter or gets no smaller is not', () => {
    const body = Buffer.alloc(1_000, 'abc')
    expect(compressed(body, 1_001)).toBeUndefined()
    expect(compressed(body, 1_000)?.length).toBeLessThan(100)
    const random = seededRandom(1)
    expect(
      compressed(
        Uint8Array.from({ length: 1_000 }, () => random.int(256)),
        1_000,
      ),
    ).toBeUndefined()
  })

  test('what is decompressed may be as long as the limit; a bomb is refused before it is made', () => {
    expect(decompressed(deflateRawSync(Buffer.alloc(1_000)), 1_000)).toHaveLength(1_000)
    expect(refusal(() => decompressed(deflateRawSync(Buffer.alloc(1_001)), 1_000))).toBe('foundation/payload-too-large')
    expect(refusal(() => decompressed(Uint8Array.from([255, 255]), 1_000))).toBe('foundation/unreadable-message')
  })

  test('a large message arrives as it was sent, in fewer bytes', async () => {
    const clock = virtualClock()
    await using engine = memoryEngine({ clock })
    await using channels = openChannels(testPort({ engine, clock }), { compressBytes: 1_000 })
    const sizes: number[] = []
    await engine.subscribe('test.channel.>', ({ body }) => void sizes.push(body.length))
    const got: unknown[] = []
    channels.on('t', (message) => void got.push(message))
    const large = { rows: Array.from({ length: 2_000 }, (_, i) => ({ i, name: 'a row like any other' })) }
    channels.publish('t', large)
    await clock.advance(1)
    expect(got).toEqual([large])
    expect(sizes[0]).toBeLessThan(codec.encode(large).length / 4)
  })

  test('a bomb from another node is dropped and counted', async () => {
    const clock = virtualClock()
    await using engine = memoryEngine({ clock })
    await using channels = openChannels(testPort({ engine, clock }), { messageBytesMax: 10_000 })
    channels.on('t', () => expect.unreachable())
    const header = codec.encode({ from: 'evil', epoch: 1 })
    const body = deflateRawSync(Buffer.alloc(10_000_000))
    engine.publish('test.channel.events.t', writeFrame({ kind: 'message', header, body, compressed: true }))
    await clock.advance(1)
    expect(channels.stats().events.dropped.unreadable).toBe(1)
  })
})
