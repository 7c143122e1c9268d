import { virtualClock } from '@mabeam/foundation/testing'
import { JetStreamApiError } from '@nats-io/jetstream'
import { describe, expect, test } from 'vitest'
import type { NatsAccess } from '../nats-port.ts'
import { behindMaxMs, KnownStream } from './known-stream.ts'
import { newestMessage } from './newest-message.ts'

interface Server {
  /** Of the newest message that matches; 0 for none. */
  readonly newest: number
  readonly lastSequence: number
}

/** Each question is answered by the next of the servers, the last one again and again. */
function world(servers: readonly Server[], { heard = 0, replicas = 3 } = {}) {
  const clock = virtualClock()
  const known = new KnownStream()
  known.see(heard)
  const asked: string[] = []
  const answering = () => servers[Math.min(asked.length - 1, servers.length - 1)] as Server
  const streams = {
    getMessage: async () => {
      asked.push('newest')
      const { newest: seq } = answering()
      if (seq > 0) return { seq }
      throw new JetStreamApiError({ code: 404, err_code: 10_037, description: 'no message found' })
    },
    info: async () => {
      asked.push('info')
      return { created: 'today', state: { last_seq: answering().lastSequence } }
    },
  }
  const access = { manager: { streams } } as unknown as NatsAccess
  const closing = new AbortController().signal
  const port = { clock, closing, replicas, access: () => access, otherAccess: () => undefined }
  return { clock, asked, find: () => newestMessage(port, { stream: 's', subject: 's.>', known }) }
}

describe('newestMessage', () => {
  test('is asked for once where it is as new as what was heard, and 0 where there is none', async () => {
    const { find, asked } = world([{ newest: 7, lastSequence: 9 }], { heard: 7 })
    expect([await find(), asked]).toEqual([7, ['newest']])
    expect(await world([{ newest: 0, lastSequence: 0 }]).find()).toBe(0)
  })

  test('is not what a server says that led until a moment ago', async () => {
    const old = { newest: 5, lastSequence: 5 }
    await expect(world([old], { heard: 7 }).find()).rejects.toThrow('knows less than was heard')
    const led = { newest: 8, lastSequence: 8 }
    const { find, asked } = world([old, led], { heard: 7 })
    expect([await find(), asked]).toEqual([8, ['newest', 'info', 'newest']])
  })

  test('may be older than what was heard, where that has gone since', async () => {
    expect(await world([{ newest: 5, lastSequence: 7 }], { heard: 7 }).find()).toBe(5)
    expect(await world([{ newest: 0, lastSequence: 7 }], { heard: 7 }).find()).toBe(0)
  })

  test('is taken at last where all servers have lost what was heard, and at once from the only one', async () => {
    const { find, clock } = world([{ newest: 5, lastSequence: 5 }], { heard: 7 })
    await expect(find()).rejects.toThrow()
    await clock.advance(behindMaxMs)
    expect(await find()).toBe(5)
    expect(await world([{ newest: 5, lastSequence: 5 }], { heard: 7, replicas: 1 }).find()).toBe(5)
  })
})
