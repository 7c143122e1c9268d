import { describe, expect, test } from 'vitest'
import { delay } from '../clock.ts'
import { startNode } from '../node/node.ts'
import type { NodeOptions } from '../node/node-options.ts'
import { collectTelemetry, settled, virtualClock } from '../testing/index.ts'
import { type ActorContext, defineActor } from './actor.ts'

interface Log {
  readonly told: string[]
  readonly signals: AbortSignal[]
}

async function waitUntilTold(log: Log, id: string, { signal }: ActorContext): Promise<never> {
  log.told.push(`${id} begins`)
  log.signals.push(signal)
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  log.told.push(`${id} aborted`)
  throw signal.reason
}

const Waiter = defineActor(import.meta.url, {
  name: 'waiter',
  version: 1,
  init: (log: Log) => log,
  calls: {
    /** Ends by its signal only. */
    wait: { run: async (log, id: string, context) => [log, await waitUntilTold(log, id, context)] },
    /** As `wait`, but not known to be async before it has run once. */
    waitPlainly: {
      run: (log, id: string, context) => waitUntilTold(log, id, context).then((never) => [log, never] as const),
    },
    /** Ends by the clock, in its own way. */
    delay: {
      run: async (log, how: 'wrap' | 'other' | 'reply', { clock, signal }) => {
        try {
          await delay(clock, 1_000, signal)
        } catch (thrown) {
          if (how === 'reply') return [log, 'stopped early']
          throw how === 'wrap' ? new Error('wrapped', { cause: thrown }) : new Error('a bug')
        }
        return [log, 'done']
      },
    },
    late: {
      run: async (log, opened: Promise<void>, context) => {
        await opened
        return waitUntilTold(log, 'late', context)
      },
    },
    count: {
      run: (log, _: undefined, { signal }) => {
        log.signals.push(signal)
        return [log, log.told.length]
      },
    },
  },
})

async function waiterNode(options: NodeOptions = {}) {
  const clock = virtualClock()
  const telemetry = collectTelemetry()
  const node = await startNode({ clock, telemetry, codec: false, ...options })
  const log: Log = { told: [], signals: [] }
  const waiter = await node.spawn(Waiter, log, { name: 'waiter', shutdownMs: 100 })
  return { node, clock, telemetry, log, waiter, [Symbol.asyncDispose]: () => node.close() }
}

describe('the signal of a call', () => {
  test('aborts with the reason of the caller, and the actor goes on with the state it had', async () => {
    await using system = await waiterNode()
    const { waiter, log, telemetry } = system
    for (const call of ['wait', 'waitPlainly', 'waitPlainly'] as const) {
      log.told.length = 0
      const abort = new AbortController()
      const outcome = expect(waiter.call(call, 'a', { signal: abort.signal })).rejects.toBe('enough')
      await settled()
      abort.abort('enough')
      await outcome
      await settled()
      expect(log.told).toEqual(['a begins', 'a aborted'])
      expect(await waiter.call('count')).toBe(2)
    }
    expect(telemetry.named('foundation.actor-crashed')).toEqual([])
  })

  test('aborts when the deadline passes, and what waited gets its turn', async () => {
    await using system = await waiterNode()
    const { waiter, log, clock } = system
    const outcome = expect(waiter.call('wait', 'a', { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'foundation/call-timeout',
    })
    const next = waiter.call('count')
    await clock.advance(49)
    expect(log.told).toEqual(['a begins'])
    await clock.advance(1)
    await outcome
    expect(await next).toBe(2)
    expect(log.signals[0]?.reason).toMatchObject({ code: 'foundation/call-timeout' })
    expect(log.signals[1]?.aborted).toBe(false)
  })

  test('aborts when the actor is killed, with and without a deadline', async () => {
    for (const callTimeoutMs of [30_000, Number.POSITIVE_INFINITY]) {
      await using system = await waiterNode({ callTimeoutMs })
      const { node, waiter, log, clock } = system
      const stopped = { code: 'foundation/actor-stopped' }
      const outcome = expect(waiter.call('wait', 'a')).rejects.toMatchObject(stopped)
      await settled()
      const ended = node.stop(waiter)
      await clock.advance(100)
      expect(await ended).toEqual({ type: 'killed' })
      await outcome
      await settled()
      expect(log.told).toEqual(['a begins', 'a aborted'])
      expect(log.signals[0]?.reason).toMatchObject(stopped)
    }
  })

  test('has aborted already where it is first asked for after the caller gave up', async () => {
    await using system = await waiterNode()
    const { waiter, log } = system
    const abort = new AbortController()
    const { promise: opened, resolve: open } = Promise.withResolvers<void>()
    const outcome = expect(waiter.call('late', opened, { signal: abort.signal })).rejects.toBe('enough')
    await settled()
    abort.abort('enough')
    await outcome
    open()
    await settled()
    expect(log.told).toEqual(['late begins', 'late aborted'])
    expect(await waiter.call('count')).toBe(2)
  })

  test('is of one message only, and stands still once there was a reply', async () => {
    await using system = await waiterNode()
    const { waiter, log, clock } = system
    const abort = new AbortController()
    await waiter.call('count', undefined, { signal: abort.signal })
    await waiter.call('count', undefined, { timeoutMs: 50 })
    abort.abort()
    await clock.advance(100)
    expect(log.signals.map((one) => one.aborted)).toEqual([false, false])
    expect(log.signals[0]).not.toBe(log.signals[1])
  })

  test('reaches whom the handler calls on behalf of its caller', async () => {
    await using system = await waiterNode()
    const { node, waiter, log } = system
    const Between = defineActor(import.meta.url, {
      name: 'between',
      version: 1,
      init: () => 0,
      calls: {
        pass: { run: async (s, id: string, { signal }) => [s + 1, await waiter.call('wait', id, { signal })] },
        get: { run: (s) => [s, s] },
      },
    })
    const between = await node.spawn(Between, undefined)
    const abort = new AbortController()
    const outcome = expect(between.call('pass', 'far', { signal: abort.signal })).rejects.toBe('enough')
    await settled()
    abort.abort('enough')
    await outcome
    await settled()
    expect(log.told).toEqual(['far begins', 'far aborted'])
    expect([await waiter.call('count'), await between.call('get')]).toEqual([2, 0])
  })
})

describe('a call that was given up', () => {
  test('before it began is never begun', async () => {
    await using system = await waiterNode()
    const { waiter, log, clock } = system
    const first = new AbortController()
    const second = new AbortController()
    const outcomes = Promise.allSettled([
      waiter.call('wait', 'a', { signal: first.signal }),
      waiter.call('wait', 'b', { signal: second.signal }),
      waiter.call('wait', 'c', { timeoutMs: 50 }),
    ])
    await settled()
    second.abort('b')
    await clock.advance(50)
    first.abort('a')
    const reasons = (await outcomes).map((one) => one.status === 'rejected' && one.reason)
    expect(reasons).toEqual(['a', 'b', expect.objectContaining({ code: 'foundation/call-timeout' })])
    expect(await waiter.call('count')).toBe(2)
    expect(log.told).toEqual(['a begins', 'a aborted'])
  })

  test('may end with a reply nobody gets, or with its reason as a cause, but crashes by any other error', async () => {
    await using system = await waiterNode()
    const { waiter, telemetry } = system
    for (const how of ['reply', 'wrap', 'other'] as const) {
      const abort = new AbortController()
      const outcome = expect(waiter.call('delay', how, { signal: abort.signal })).rejects.toBe(how)
      await settled()
      abort.abort(how)
      await outcome
      await settled()
      const crashes = telemetry.named('foundation.actor-crashed').map((one) => one.metadata.message)
      expect(crashes).toEqual(how === 'other' ? ['a bug'] : [])
    }
  })
})
