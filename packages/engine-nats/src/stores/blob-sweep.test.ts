import { engineClosed, seededRandom } from '@mabeam/foundation'
import { settled, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { type NatsPort, natsLimitDefaults } from '../nats-port.ts'
import { BlobSweep } from './blob-sweep.ts'

const hourMs = 3_600_000

/** Chunks in memory: which upload is of which key, and when it was written last. */
function memoryChunks(kept: Map<string, { readonly key: string; readonly writtenMs: number }>, nowMs: number) {
  return {
    uploads: async () => ({ uploads: [...kept].map(([upload, { key }]) => ({ upload, key })), nowMs }),
    writtenMs: async (upload: string) => kept.get(upload)?.writtenMs,
    remove: async (upload: string) => void kept.delete(upload),
  }
}

function portOf(clock: NatsPort['clock'], events: string[], closing = new AbortController()): NatsPort {
  return {
    name: 'nats',
    clock,
    random: seededRandom(1),
    limits: natsLimitDefaults,
    replicas: 1,
    requestTimeoutMs: 1_000,
    closing: closing.signal,
    bytesMax: () => 1_000,
    access: () => {
      throw engineClosed('nats')
    },
    otherAccess: () => undefined,
    onReconnect: () => () => {},
    checkOpen: () => {},
    checkSize: () => {},
    failure: () => engineClosed('nats'),
    report: (event) => void events.push(event),
  }
}

describe('BlobSweep', () => {
  test('removes what no record names and is older than an hour, and nothing else', async () => {
    const kept = new Map([
      ['named', { key: 'a', writtenMs: 0 }],
      ['replaced', { key: 'a', writtenMs: 0 }],
      ['without a record', { key: 'b', writtenMs: 10 }],
      ['exactly an hour', { key: 'c', writtenMs: 2 * hourMs - hourMs }],
      ['being written', { key: 'd', writtenMs: 2 * hourMs - 5 }],
    ])
    const events: string[] = []
    const uploadOf = async (key: string) => (key === 'a' ? 'named' : undefined)
    const chunks = memoryChunks(kept, 2 * hourMs)
    const sweep = new BlobSweep(portOf(virtualClock(), events), { store: 's', chunks, uploadOf })
    expect(await sweep.run()).toBe(2)
    expect([...kept.keys()]).toEqual(['named', 'exactly an hour', 'being written'])
    expect(events).toEqual(['chunks-swept'])
    expect(await sweep.run()).toBe(0)
    expect(events).toEqual(['chunks-swept'])
  })

  test('begins once an hour, and says when it failed', async () => {
    const clock = virtualClock()
    const events: string[] = []
    let runs = 0
    const uploads = async () => {
      runs++
      throw new Error('no answer')
    }
    const chunks = { ...memoryChunks(new Map(), 0), uploads }
    const sweep = new BlobSweep(portOf(clock, events), { store: 's', chunks, uploadOf: async () => undefined })
    for (let i = 0; i < 3; i++) sweep.startIfDue()
    await settled()
    expect([runs, events]).toEqual([1, ['sweep-failed']])
    await clock.advance(hourMs)
    sweep.startIfDue()
    await settled()
    expect(runs).toBe(2)
  })

  test('ends with the engine', async () => {
    const closing = new AbortController()
    closing.abort()
    const kept = new Map([['left', { key: 'b', writtenMs: 0 }]])
    const sweep = new BlobSweep(portOf(virtualClock(), [], closing), {
      store: 's',
      chunks: memoryChunks(kept, 2 * hourMs),
      uploadOf: async () => undefined,
    })
    expect(await sweep.run()).toBe(0)
    expect(kept.size).toBe(1)
  })
})
