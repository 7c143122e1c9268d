import { describe, expect, test } from 'vitest'
import type { ActorAddress } from '../actors/actor-address.ts'
import type { IncomingCall } from '../actors/elsewhere.ts'
import { createCodec } from '../codec/codec.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { lineMax as laneLineMax, lanesMax, SenderLanes } from '../remote/sender-lanes.ts'
import { collectTelemetry, settled, virtualClock } from '../testing/index.ts'
import { Decisions } from './decisions.ts'
import { Departures, departuresMax, lineMax } from './departures.ts'
import { inlineBytesMax, Snapshots, StoredState, storedStateExtension } from './snapshots.ts'

function at(node: string): ActorAddress {
  return { system: 'test', node, epoch: 1, id: 0, name: 'a', scope: 'system' }
}

const call: IncomingCall = { name: 'add', input: 1, timeoutMs: 60_000, chain: [] }

function departures() {
  const clock = virtualClock()
  const telemetry = collectTelemetry()
  const sent: string[] = []
  const found = Promise.withResolvers<ActorAddress | undefined>()
  const one = new Departures({
    clock,
    telemetry,
    node: 'n1',
    findReady: () => found.promise,
    isHere: ({ node }) => node === 'n1',
    call: async ({ node }, { name }) => {
      sent.push(`${name} to ${node}`)
      return sent.length
    },
    cast: ({ node }, { name }) => void sent.push(`${name} to ${node}`),
    settle: async () => {},
    here: () => undefined,
    isComing: () => false,
    mark: () => {},
  })
  return { clock, telemetry, sent, found, departures: one }
}

describe('Departures', () => {
  test('hold so much of what comes meanwhile and no more, and send it in order', async () => {
    const { departures: left, found, sent, telemetry } = departures()
    left.leave('a', [], { stateBytes: 1, sinceMs: 0 })
    for (let i = 0; i < lineMax; i++) expect(left.cast('a', { name: `${i}`, input: 0 })).toBe(true)
    expect(left.cast('a', { name: 'more', input: 0 })).toBe(true)
    await expect(left.call('a', call)).rejects.toMatchObject({ code: 'foundation/mailbox-full' })
    expect(telemetry.named('foundation.message-dropped')).toHaveLength(1)
    found.resolve(at('n2'))
    await settled()
    expect(sent).toEqual(Array.from({ length: lineMax }, (_, i) => `${i} to n2`))
    expect(await left.call('a', call)).toBe(lineMax + 1)
  })

  test('remember so many places and no more', async () => {
    const { departures: left, found } = departures()
    found.resolve(at('n2'))
    for (let i = 0; i < departuresMax; i++) left.leave(`a${i}`, [], { stateBytes: 1, sinceMs: 0 })
    await settled()
    expect(left.size).toBe(departuresMax)
    left.leave('one more', [], { stateBytes: 1, sinceMs: 0 })
    await settled()
    expect(left.size).toBe(departuresMax)
    expect(left.placeOf('a0')).toBeUndefined()
    expect(left.placeOf('one more')).toEqual(at('n2'))
  })

  test('forget where an actor went after a minute, and refuse what nobody takes in ten seconds', async () => {
    const { departures: left, found, clock } = departures()
    found.resolve(at('n2'))
    left.leave('a', [], { stateBytes: 1, sinceMs: 0 })
    await settled()
    expect(left.placeOf('a')).toEqual(at('n2'))
    await clock.advance(60_000)
    expect(left.size).toBe(0)
    const lost = departures()
    lost.departures.leave('a', [], { stateBytes: 1, sinceMs: 0 })
    const waiting = lost.departures.call('a', call)
    waiting?.catch(() => {})
    lost.found.resolve(undefined)
    await settled()
    await expect(waiting).rejects.toMatchObject({ code: 'foundation/actor-moved', retryable: true })
    expect(lost.telemetry.named('foundation.actor-moved')).toEqual([])
  })
})

function lanes() {
  const clock = virtualClock()
  const settling = Promise.withResolvers<void>()
  const place = { at: at('n1') }
  const asked: string[] = []
  const one = new SenderLanes({
    clock,
    find: () => place.at,
    settle: (name, { node }) => {
      asked.push(`${name} at ${node}`)
      return settling.promise
    },
    isThere: () => true,
    leaving: () => undefined,
  })
  return { lanes: one, place, settling, asked }
}

describe('SenderLanes', () => {
  test('ask the old place once when a name has moved, and send what waits in order', async () => {
    const { lanes: line, place, settling, asked } = lanes()
    const sent: string[] = []
    const send = (what: string) => line.send('a', (to) => void sent.push(`${what} to ${to?.node}`))
    send('first')
    place.at = at('n2')
    for (const what of ['second', 'third']) send(what)
    expect(sent).toEqual(['first to n1'])
    settling.resolve()
    await settled()
    expect(sent).toEqual(['first to n1', 'second to n2', 'third to n2'])
    send('fourth')
    expect(sent).toHaveLength(4)
    expect(asked).toEqual(['a at n1'])
  })

  test('hold so many messages for one name and no more, and remember so many names', () => {
    const { lanes: line, place } = lanes()
    const send = (name: string) => line.send(name, () => {})
    expect(send('a')).toBe(true)
    place.at = at('n2')
    for (let i = 0; i < laneLineMax; i++) expect(send('a')).toBe(true)
    expect(send('a')).toBe(false)
    for (let i = 1; i < lanesMax; i++) send(`a${i}`)
    expect(line.size).toBe(lanesMax)
    send('one more')
    expect(line.size).toBe(lanesMax)
  })
})

describe('Snapshots', () => {
  const engine = memoryEngine({ clock: virtualClock() })
  const port = { engine, system: 'test' }

  test('go in a message up to their limit, and one byte more in a blob until they are dropped', async () => {
    const snapshots = new Snapshots(port, createCodec({ extensions: [storedStateExtension] }))
    const overhead = createCodec({}).encode(new Uint8Array(60_000)).length - 60_000
    const short = new Uint8Array(inlineBytesMax - overhead)
    expect(await snapshots.pack(short, 'a', 'k')).toEqual({ value: short, bytes: inlineBytesMax })
    const { value, bytes } = await snapshots.pack(new Uint8Array(short.length + 1), 'a', 'k')
    expect(value).toEqual(new StoredState('k', bytes))
    expect(bytes).toBe(inlineBytesMax + 1)
    expect(await snapshots.unpack(value, 'a')).toHaveLength(short.length + 1)
    await snapshots.drop(value)
    await expect(snapshots.unpack(value, '"a"')).rejects.toMatchObject({ code: 'foundation/snapshot-missing' })
  })

  test('are as long as their codec allows, and no longer', async () => {
    const snapshots = new Snapshots(port, createCodec({ bytesMax: 1_000 }))
    await expect(snapshots.pack('x'.repeat(2_000), '"a"', 'k')).rejects.toMatchObject({
      code: 'foundation/payload-too-large',
      message: expect.stringContaining('state of "a": expected at most 1000 bytes'),
    })
  })
})

test('of two sides that decide, the first one goes on, however often they ask', async () => {
  const clock = virtualClock()
  const port = { engine: memoryEngine({ clock }), system: 'test', codec: createCodec({}) }
  const [source, target] = [new Decisions(port), new Decisions(port)]
  expect(await target.decide('n1/1/1', 'target')).toBe('target')
  expect(await source.decide('n1/1/1', 'source')).toBe('target')
  expect(await target.decide('n1/1/1', 'target')).toBe('target')
  expect(await source.decide('n1/1/2', 'source')).toBe('source')
})
