import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { systemClock } from '../clock.ts'
import { createCodec } from '../codec/codec.ts'
import { currentContext, withContext } from '../context/context.ts'
import { newTrace } from '../context/trace.ts'
import type { Engine } from '../engine/engine.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { MabeamError } from '../errors.ts'
import { seededRandom } from '../random.ts'
import { collectTelemetry, settled, testPort, virtualClock } from '../testing/index.ts'
import type { ChannelsOptions } from './channel-options.ts'
import { openChannels } from './channels.ts'
import { broadcastTopic } from './node-channels.ts'
import { priorities } from './priority.ts'
import { defineTopic } from './topic.ts'

/** A system of nodes `n1`, `n2`, … on one engine. */
function system(given: { readonly nodes?: number; readonly options?: ChannelsOptions } = {}) {
  const clock = virtualClock()
  const telemetry = collectTelemetry()
  const engine: Engine = memoryEngine({ clock })
  const names = Array.from({ length: given.nodes ?? 2 }, (_, i) => `n${i + 1}`)
  const all = names.map((name) => openChannels(testPort({ name, engine, clock, telemetry }), given.options))
  const [n1, n2] = [all[0], all[1] ?? all[0]] as const
  return {
    clock,
    telemetry,
    engine,
    all,
    n1: n1 as NonNullable<typeof n1>,
    n2: n2 as NonNullable<typeof n2>,
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((one) => one.close()))
      await engine.close()
      expect(clock.pendingTimers).toBe(0)
    },
  }
}

const codeOf = async (run: () => unknown) => {
  try {
    await run()
  } catch (thrown) {
    return thrown instanceof MabeamError ? thrown.code : thrown
  }
  return 'nothing was thrown'
}

describe('publish and subscribe', () => {
  test('a message reaches all who subscribe to its topic, on every node, and nobody else', async () => {
    await using sys = system({ nodes: 3 })
    const got: string[] = []
    for (const [i, node] of sys.all.entries()) {
      node.on(
        'orders.new',
        (id, { topic, from, priority }) => void got.push(`n${i + 1} ${id} ${topic} ${from} ${priority}`),
      )
      node.on('orders.gone', () => void got.push('wrong'))
    }
    sys.n1.publish('orders.new', 7)
    await settled()
    expect(got.sort()).toEqual([1, 2, 3].map((i) => `n${i} 7 orders.new n1 events`))
  })

  test('a pattern takes one word for * and the rest for >', async () => {
    await using sys = system()
    const got: string[] = []
    sys.n2.on('a.*.c', (message) => void got.push(`*${message}`))
    sys.n2.on('a.>', (message) => void got.push(`>${message}`))
    sys.n1.publish('a.b.c', 1)
    sys.n1.publish('a.b', 2)
    sys.n1.publish('a', 3)
    await settled()
    expect(got).toEqual(['*1', '>1', '>2'])
  })

  test('broadcast reaches every node that subscribes to it', async () => {
    await using sys = system({ nodes: 4 })
    const got: unknown[] = []
    for (const node of sys.all) node.on(broadcastTopic, (message) => void got.push(message))
    sys.n1.broadcast({ stop: true }, { priority: 'control' })
    await settled()
    expect(got).toEqual(Array(4).fill({ stop: true }))
  })

  test('each subscriber gets a value of its own', async () => {
    await using sys = system({ nodes: 1 })
    const got: object[] = []
    sys.n1.on<object>('t', (message) => void got.push(message))
    sys.n1.on<object>('t', (message) => void got.push(message))
    sys.n1.publish('t', { a: 1 })
    await settled()
    expect(got[0]).toEqual(got[1])
    expect(got[0]).not.toBe(got[1])
  })

  test('a subscription for one channel gets nothing of the others', async () => {
    await using sys = system()
    const got: string[] = []
    sys.n2.on('t', (message) => void got.push(String(message)), { priority: 'data' })
    for (const priority of priorities) sys.n1.publish('t', priority, { priority })
    await settled()
    expect(got).toEqual(['data'])
  })

  test('a stream gives messages in order, and a loop that is left ends it', async () => {
    await using sys = system()
    const numbers = sys.n2.subscribe<number>('numbers')
    await numbers.ready
    for (let i = 0; i < 40; i++) sys.n1.publish('numbers', i)
    const got: number[] = []
    for await (const number of numbers) {
      got.push(number)
      if (number === 39) break
    }
    expect(got).toEqual(Array.from({ length: 40 }, (_, i) => i))
    sys.n1.publish('numbers', 40)
    await settled()
    expect(numbers.waiting).toBe(0)
  })

  test('the stream of a subscription says topic, channel, sender and context', async () => {
    await using sys = system()
    const all = sys.n2.subscribe('t.*')
    withContext({ user: 'u1' }, () => sys.n1.publish('t.x', 'hello', { priority: 'data' }))
    const { value } = await all.deliveries().next()
    expect(value).toMatchObject({
      topic: 't.x',
      priority: 'data',
      from: 'n1',
      message: 'hello',
      context: { user: 'u1' },
    })
  })

  test('two streams of one node, and one that is disposed of twice', async () => {
    await using sys = system({ nodes: 1 })
    const first = sys.n1.subscribe<number>('t')
    await using second = sys.n1.subscribe<number>('t')
    await first[Symbol.asyncDispose]()
    await first[Symbol.asyncDispose]()
    sys.n1.publish('t', 1)
    await settled()
    expect([first.waiting, second.waiting]).toEqual([0, 1])
    expect(await first[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined })
  })

  test('a signal ends a subscription, and whoever reads gets its reason', async () => {
    await using sys = system({ nodes: 1 })
    const controller = new AbortController()
    const stream = sys.n1.subscribe('t', { signal: controller.signal })
    const next = stream[Symbol.asyncIterator]().next()
    controller.abort(new Error('enough'))
    await expect(next).rejects.toThrow('enough')
    expect(await codeOf(() => sys.n1.subscribe('t', { signal: controller.signal }))).toBe(controller.signal.reason)
  })
})

describe('priorities', () => {
  test('control overtakes telemetry that already waits', async () => {
    await using sys = system({ nodes: 1 })
    const got: string[] = []
    sys.n1.on<string>('t', (message) => void got.push(message))
    for (let i = 0; i < 200; i++) sys.n1.publish('t', 'telemetry', { priority: 'telemetry' })
    for (let i = 0; i < 3; i++) sys.n1.publish('t', 'control', { priority: 'control' })
    await settled()
    await sys.clock.advance(1)
    expect(got.filter((one) => one === 'control')).toHaveLength(3)
    expect(got.lastIndexOf('control')).toBeLessThan(100)
    expect(got).toHaveLength(203)
  })

  test('telemetry gets its turn while control never ends', async () => {
    await using sys = system({ nodes: 1 })
    let control = 0
    let telemetryAt: number | undefined
    sys.n1.on<string>('t', (message) => {
      if (message === 'telemetry') telemetryAt ??= control
      else if (++control < 2_000) sys.n1.publish('t', 'control', { priority: 'control' })
    })
    for (let i = 0; i < 200; i++) sys.n1.publish('t', 'control', { priority: 'control' })
    sys.n1.publish('t', 'telemetry', { priority: 'telemetry' })
    await sys.clock.advance(1)
    expect(telemetryAt).toBeLessThan(1_000)
  })

  test('a slow handler gets the control messages among those that wait for it first', async () => {
    await using sys = system({ nodes: 1 })
    const gate = Promise.withResolvers<void>()
    const got: string[] = []
    sys.n1.on<string>('t', async (message) => {
      got.push(message)
      await gate.promise
    })
    sys.n1.publish('t', 'first')
    await settled()
    sys.n1.publish('t', 'late data', { priority: 'data' })
    await settled()
    sys.n1.publish('t', 'later control', { priority: 'control' })
    await settled()
    gate.resolve()
    await sys.clock.advance(1)
    expect(got).toEqual(['first', 'later control', 'late data'])
  })
})

describe('limits', () => {
  test('a stream holds capacity messages; drop-newest keeps the first, drop-oldest the last', async () => {
    await using sys = system({ nodes: 1 })
    const newest = sys.n1.subscribe<number>('t', { capacity: 2 })
    const oldest = sys.n1.subscribe<number>('t', { capacity: 2, overflow: 'drop-oldest' })
    for (let i = 0; i < 2; i++) sys.n1.publish('t', i)
    await sys.clock.advance(1)
    expect([newest.dropped, oldest.dropped]).toEqual([0, 0])
    sys.n1.publish('t', 2)
    await sys.clock.advance(1)
    expect([newest.dropped, oldest.dropped]).toEqual([1, 1])
    await sys.n1.close()
    const read = async (stream: AsyncIterable<number>) => {
      const got: number[] = []
      for await (const one of stream) got.push(one)
      return got
    }
    expect(await read(newest)).toEqual([0, 1])
    expect(await read(oldest)).toEqual([1, 2])
    expect(sys.telemetry.named('foundation.channel-message-dropped')).toMatchObject([
      { measurements: { count: 2 }, metadata: { node: 'n1', channel: 'events', reason: 'subscriber-full' } },
    ])
  })

  test('a reader that keeps pace loses nothing, however many come at once', async () => {
    await using sys = system({ nodes: 1 })
    const stream = sys.n1.subscribe<number>('t', { capacity: 32 })
    let got = 0
    const reading = (async () => {
      for await (const _ of stream) got++
    })()
    for (let i = 0; i < 1_000; i++) sys.n1.publish('t', i)
    await sys.clock.advance(1)
    expect([got, stream.dropped]).toEqual([1_000, 0])
    await stream[Symbol.asyncDispose]()
    await reading
  })

  test('nor does one on the clock of the machine', async () => {
    await using engine = memoryEngine()
    await using channels = openChannels(testPort({ engine, clock: systemClock }))
    await using stream = channels.subscribe<number>('t', { capacity: 32 })
    for (let i = 0; i < 1_000; i++) channels.publish('t', i)
    let next = 0
    for await (const number of stream) {
      expect(number).toBe(next++)
      if (next === 1_000) break
    }
    expect(stream.dropped).toBe(0)
  })

  test('one subscription more than subscriptionsMax is refused', async () => {
    await using sys = system({ nodes: 1, options: { subscriptionsMax: 2 } })
    const first = sys.n1.on('t', () => {})
    sys.n1.respond('t', () => 1)
    expect(await codeOf(() => sys.n1.subscribe('t'))).toBe('foundation/limit-reached')
    await first[Symbol.asyncDispose]()
    sys.n1.subscribe('t')
  })

  test('one request more than requestsMax is refused, until another has ended', async () => {
    await using sys = system({ nodes: 1, options: { requestsMax: 1 } })
    const first = sys.n1.requestMany('t', 1, { deadlineMs: 10 })
    expect(await codeOf(() => sys.n1.requestMany('t', 1))).toBe('foundation/limit-reached')
    await sys.clock.advance(10)
    expect(await first.next()).toEqual({ done: true, value: undefined })
    const second = sys.n1.requestMany('t', 1, { deadlineMs: 10 })
    await sys.clock.advance(10)
    await second.next()
  })

  test('a message of messageBytesMax is sent, one byte more is refused', async () => {
    await using sys = system({ nodes: 1, options: { messageBytesMax: 1_000 } })
    const longest = 'x'.repeat(1_000 - createCodec().encode('x'.repeat(900)).length + 900)
    sys.n1.publish('t', longest)
    expect(await codeOf(() => sys.n1.publish('t', `${longest}x`))).toBe('foundation/payload-too-large')
  })

  test('options that make no sense are refused by name', async () => {
    await using sys = system({ nodes: 1 })
    const port = testPort({ engine: sys.engine })
    expect(() => openChannels(port, { inboxCapacty: 1 } as never)).toThrow('did you mean "inboxCapacity"?')
    expect(() => sys.n1.publish('t', 1, { priority: 'urgent' as never })).toThrow('expected one of control')
    expect(() => sys.n1.publish('a.*', 1)).toThrow('words joined by dots')
    expect(() => sys.n1.subscribe('a.>.b')).toThrow('> as the last word')
    expect(() => sys.n1.publish('t', { run() {} })).toThrow("t.run: a function can't be sent")
  })
})

describe('handlers', () => {
  test('one message at a time, in order, each awaited', async () => {
    await using sys = system({ nodes: 1 })
    const log: string[] = []
    sys.n1.on<number>('t', async (message) => {
      log.push(`begin ${message}`)
      await Promise.resolve()
      log.push(`end ${message}`)
    })
    for (let i = 0; i < 3; i++) sys.n1.publish('t', i)
    await sys.clock.advance(1)
    expect(log).toEqual([0, 1, 2].flatMap((i) => [`begin ${i}`, `end ${i}`]))
  })

  test('what a handler throws is told, and the next message is handled', async () => {
    await using sys = system({ nodes: 1 })
    const got: number[] = []
    sys.n1.on<number>('t', (message) => {
      got.push(message)
      if (message === 0) throw new Error('sync')
      if (message === 1) return Promise.reject(new Error('async'))
      return undefined
    })
    for (let i = 0; i < 3; i++) sys.n1.publish('t', i)
    await sys.clock.advance(1)
    expect(got).toEqual([0, 1, 2])
    expect(sys.n1.stats().events.failed).toBe(2)
    expect(sys.telemetry.named('foundation.channel-handler-failed').map((one) => one.metadata.message)).toEqual([
      'sync',
      'async',
    ])
  })

  test('closing waits for handlers under way, and not longer than closeMs', async () => {
    await using sys = system({ nodes: 2, options: { closeMs: 100 } })
    const gate = Promise.withResolvers<void>()
    const ended: string[] = []
    sys.n1.on('t', async () => {
      await gate.promise
      ended.push('n1')
    })
    let aborted = false
    sys.n2.on('t', (_, { signal }) => {
      signal.addEventListener('abort', () => {
        aborted = true
      })
      return new Promise(() => {})
    })
    sys.n1.publish('t', 1)
    await settled()
    const closing = Promise.all([sys.n1.close(), sys.n2.close()])
    await settled()
    gate.resolve()
    await settled()
    expect([ended, aborted]).toEqual([['n1'], false])
    await sys.clock.advance(100)
    await closing
    expect(aborted).toBe(true)
    expect(await codeOf(() => sys.n1.publish('t', 1))).toBe('foundation/channels-closed')
    expect(await codeOf(() => sys.n1.on('t', () => {}))).toBe('foundation/channels-closed')
  })
})

describe('typed topics', () => {
  const Bids = defineTopic<{ price: number }, string>('auction.bid', z.object({ price: z.number() }))

  test('a schema checks what is sent, where checkSent says so', async () => {
    await using sys = system()
    expect(() => sys.n1.publish(Bids, { price: 'much' } as never)).toThrow('auction.bid: message.price')
    expect(await codeOf(() => sys.n1.requestMany(Bids, { price: 'much' } as never))).toBe('foundation/invalid-message')
  })

  test('a schema checks what other nodes sent: what breaks it is dropped and counted', async () => {
    await using sys = system({ options: { checkSent: false } })
    const got: unknown[] = []
    sys.n2.on(Bids, ({ price }) => void got.push(price))
    sys.n1.publish(Bids, { price: 1 })
    sys.n1.publish('auction.bid', 'nonsense')
    await settled()
    expect(got).toEqual([1])
    expect(sys.n2.stats().events.dropped.invalid).toBe(1)
  })

  test('a request with the wrong message is answered with what was wrong', async () => {
    await using sys = system({ options: { checkSent: false } })
    sys.n2.respond(Bids, ({ price }) => `${price}`)
    expect(await sys.n1.request(Bids, { price: 3 })).toBe('3')
    expect(await codeOf(() => sys.n1.request(Bids, { price: 'much' } as never))).toBe('foundation/invalid-message')
  })
})

describe('requests', () => {
  test('requestMany gathers the answers of all responders until the deadline', async () => {
    await using sys = system({ nodes: 3 })
    for (const [i, node] of sys.all.entries()) {
      node.respond<number, number>('double', (n) => {
        if (i === 2) throw new MabeamError('test/no', 'I will not')
        return n * 2 + i
      })
    }
    const answers = sys.n1.requestMany<number, number>('double', 10, { deadlineMs: 50 })
    await sys.clock.advance(50)
    const got: string[] = []
    for await (const one of answers) got.push(`${one.from} ${one.type === 'answered' ? one.value : one.error.code}`)
    expect(got.sort()).toEqual(['n1 20', 'n2 21', 'n3 test/no'])
    expect(sys.telemetry.named('foundation.channel-request-ended')).toMatchObject([
      { measurements: { answers: 3 }, metadata: { reason: 'deadline', topic: 'double' } },
    ])
  })

  test('no answers by the deadline is no error of requestMany, and is one of request', async () => {
    await using sys = system()
    const none = sys.n1.requestMany('nobody', 1, { deadlineMs: 5 })
    const code = codeOf(() => sys.n1.request('nobody', 1, { deadlineMs: 5 }))
    await sys.clock.advance(5)
    expect(await none.next()).toEqual({ done: true, value: undefined })
    expect(await code).toBe('foundation/request-timeout')
  })

  test('it ends with max answers, and with none more', async () => {
    await using sys = system({ nodes: 3 })
    for (const node of sys.all) node.respond('t', () => 1)
    const got: unknown[] = []
    for await (const one of sys.n1.requestMany('t', 0, { max: 2 })) got.push(one)
    expect(got).toHaveLength(2)
    await settled()
    expect(sys.n1.stats().events.dropped.expired).toBe(1)
  })

  test('the one request too many is told that the responder is full', async () => {
    await using sys = system({ nodes: 1 })
    const gate = Promise.withResolvers<number>()
    sys.n1.respond('t', () => gate.promise, { capacity: 2, concurrency: 1 })
    const codes = [1, 2, 3, 4].map((n) => codeOf(() => sys.n1.request('t', n)))
    await settled()
    gate.resolve(1)
    await sys.clock.advance(1)
    expect(await Promise.all(codes)).toEqual([
      'nothing was thrown',
      'nothing was thrown',
      'nothing was thrown',
      'foundation/responder-full',
    ])
  })

  test('so many requests are worked on at once, and not one more', async () => {
    await using sys = system({ nodes: 1 })
    let now = 0
    let most = 0
    sys.n1.respond(
      't',
      async () => {
        most = Math.max(most, ++now)
        await Promise.resolve()
        now--
      },
      { concurrency: 3 },
    )
    await Promise.all(Array.from({ length: 20 }, () => sys.n1.request('t', 0)))
    expect(most).toBe(3)
  })

  test('an answer that can not be sent is a failure that says where', async () => {
    await using sys = system()
    sys.n2.respond('t', () => ({ run: () => {} }) as never)
    expect(await codeOf(() => sys.n1.request('t', 0))).toBe('foundation/unsendable')
  })

  test('a signal ends a request, and subscribers see none', async () => {
    await using sys = system({ nodes: 1 })
    let seen = 0
    sys.n1.on('t', () => void seen++)
    const controller = new AbortController()
    const asked = codeOf(() => sys.n1.request('t', 0, { signal: controller.signal }))
    await settled()
    controller.abort('enough')
    expect(await asked).toBe('enough')
    expect(seen).toBe(0)
  })

  test('closing ends requests with the answers they have', async () => {
    await using sys = system()
    sys.n2.respond('t', () => 1)
    const many = sys.n1.requestMany('t', 0, { deadlineMs: 1_000 })
    const none = codeOf(() => sys.n1.request('nobody', 0))
    await settled()
    await sys.n1.close()
    expect(await many.next()).toMatchObject({ done: false, value: { from: 'n2' } })
    expect(await many.next()).toEqual({ done: true, value: undefined })
    expect(await none).toBe('foundation/channels-closed')
  })

  test('the deadline of a context bounds a request, and the responder knows what is left', async () => {
    await using sys = system({ options: { closeMs: 0 } })
    let left: number | undefined
    sys.n2.respond('t', () => {
      left = currentContext()?.deadline?.leftMs
      return new Promise<never>(() => {})
    })
    const options = { deadlineMs: 40, clock: sys.clock }
    const asked = codeOf(() => withContext(options, () => sys.n1.request('t', 0, { deadlineMs: 1_000 })))
    await sys.clock.advance(40)
    expect(await asked).toBe('foundation/request-timeout')
    expect(left).toBe(40)
  })
})

describe('context', () => {
  test('a handler runs in the context of the sender, as a span of its own, and only while it does', async () => {
    await using sys = system()
    const trace = newTrace(seededRandom(1))
    const seen: unknown[] = []
    sys.n2.on('t', async () => {
      await Promise.resolve()
      seen.push(currentContext())
    })
    withContext({ trace, user: { id: 'u1' }, baggage: { a: 'ä' } }, () => sys.n1.publish('t', 1))
    sys.n1.publish('t', 2)
    await sys.clock.advance(1)
    expect(seen[0]).toMatchObject({ trace: { traceId: trace.traceId, sampled: true }, user: { id: 'u1' } })
    expect((seen[0] as { trace: { spanId: string } }).trace.spanId).not.toBe(trace.spanId)
    expect(seen[1]).toBeUndefined()
  })
})
