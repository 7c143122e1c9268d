import { describe, expect, test } from 'vitest'
import { startNode } from '../node/node.ts'
import type { NodeOptions } from '../node/node-options.ts'
import { seededRandom } from '../random.ts'
import { collectTelemetry, settled, virtualClock } from '../testing/index.ts'
import { defineActor } from './actor.ts'
import type { ActorRef } from './actor-ref.ts'
import { effect, withEffects } from './effect.ts'

const Counter = defineActor(import.meta.url, {
  name: 'counter',
  version: 1,
  init: (start: number) => ({ n: start }),
  casts: {
    crash: {
      run: () => {
        throw new Error('told to')
      },
    },
  },
})

async function testNode(options: NodeOptions = {}) {
  const clock = virtualClock()
  const telemetry = collectTelemetry()
  const node = await startNode({ name: 'n1', clock, telemetry, random: seededRandom(1), ...options })
  return { node, clock, telemetry, [Symbol.asyncDispose]: () => node.close() }
}

describe('effects', () => {
  const Ticker = defineActor(import.meta.url, {
    name: 'ticker',
    version: 1,
    init: (log: string[]) => ({ log, ticks: 0 }),
    casts: {
      start: {
        run: (s, repeat: boolean) =>
          withEffects(s, [effect.startTimer('tick', { delayMs: 100, cast: 'tick', repeat, input: 'tick' })]),
      },
      tick: {
        run: (s, text: string) => {
          s.log.push(`${text} ${s.ticks}`)
          return { ...s, ticks: s.ticks + 1 }
        },
      },
      cancel: { run: (s) => withEffects(s, [effect.cancelTimer('tick')]) },
      tell: { run: (s, to: ActorRef) => withEffects(s, [effect.cast(to, 'tick', 'told')]) },
      end: { run: (s) => withEffects(s, [effect.stop()]) },
      watch: { run: (s, who: ActorRef) => withEffects(s, [effect.monitor(who)]) },
      report: {
        run: (s) =>
          withEffects(s, [effect.emit({ name: 'test.reported', measurements: { ticks: s.ticks }, metadata: {} })]),
      },
    },
    down: (s, { actor, reason }) => {
      s.log.push(`down ${actor.address.id} ${reason.type}`)
      return s
    },
    stop: (s, reason) => void s.log.push(`stopped ${reason.type}`),
  })

  async function ticker() {
    const system = await testNode({ codec: false })
    const log: string[] = []
    return { ...system, log, ref: await system.node.spawn(Ticker, log) }
  }

  test('a timer fires once, a repeating one until cancelled, and none after stop', async () => {
    const { node, clock, log, ref } = await ticker()
    ref.cast('start', false)
    await clock.advance(1000)
    expect(log).toEqual(['tick 0'])
    ref.cast('start', true)
    await clock.advance(250)
    expect(log).toEqual(['tick 0', 'tick 1', 'tick 2'])
    ref.cast('cancel')
    await clock.advance(1000)
    ref.cast('start', true)
    await settled()
    await node.close()
    await clock.advance(1000)
    expect(log).toEqual(['tick 0', 'tick 1', 'tick 2', 'stopped shutdown'])
    expect(clock.pendingTimers).toBe(0)
  })

  test('starting a timer again replaces it', async () => {
    const { node, clock, log, ref } = await ticker()
    ref.cast('start', false)
    await clock.advance(60)
    ref.cast('start', false)
    await clock.advance(60)
    expect(log).toEqual([])
    await clock.advance(40)
    expect(log).toEqual(['tick 0'])
    await node.close()
  })

  test('a cast, an event and the own end are carried out in order', async () => {
    const { node, telemetry, log, ref } = await ticker()
    const other = await node.spawn(Ticker, log)
    ref.cast('tell', other)
    ref.cast('report')
    await settled()
    expect(log).toEqual(['told 0'])
    expect(telemetry.named('test.reported')).toHaveLength(1)
    ref.cast('end')
    ref.cast('tick', 'never')
    await settled()
    expect(log).toEqual(['told 0', 'stopped normal'])
    await node.close()
  })

  test('a monitor tells once how another ended, also when it already has', async () => {
    const { node, log, ref } = await ticker()
    const [a, b] = [await node.spawn(Counter, 1), await node.spawn(Counter, 1)]
    ref.cast('watch', a)
    ref.cast('watch', b)
    await settled()
    a.cast('crash')
    await settled()
    expect(await node.stop(b)).toEqual({ type: 'shutdown' })
    ref.cast('watch', a)
    await settled()
    const { id } = a.address
    expect(log).toEqual([`down ${id} crashed`, `down ${id + 1} shutdown`, `down ${id} no-such-actor`])
    await node.close()
  })

  test('a timer too many is a crash with a typed error', async () => {
    await using system = await testNode({ timersMax: 2 })
    const Many = defineActor(import.meta.url, {
      name: 'many',
      version: 1,
      init: (timers: number) =>
        withEffects(
          0,
          Array.from({ length: timers }, (_, i) => effect.startTimer(`t${i}`, { delayMs: 1, cast: 'tick' })),
        ),
      casts: { tick: { run: (s) => s } },
    })
    await system.node.spawn(Many, 2)
    const [at, past] = [await system.node.spawn(Many, 2), system.node.spawn(Many, 3)]
    expect(at.address.id).toBe(2)
    await past.catch(() => {})
    expect(system.telemetry.named('foundation.actor-crashed')[0]?.metadata.code).toBe('foundation/limit-reached')
  })
})

describe('monitor', () => {
  test('tells each listener once, and none that took it back', async () => {
    await using system = await testNode()
    const counter = await system.node.spawn(Counter, 1)
    const told: string[] = []
    counter.monitor((reason) => told.push(`first ${reason.type}`))
    const cancel = counter.monitor(() => told.push('never'))
    cancel()
    counter.cast('crash')
    await settled()
    counter.monitor((reason) => told.push(`late ${reason.type}`))
    await settled()
    expect(told).toEqual(['first crashed', 'late no-such-actor'])
  })
})

describe('context', () => {
  test('randomness repeats with the seed and differs from actor to actor', async () => {
    const Dice = defineActor(import.meta.url, {
      name: 'dice',
      version: 1,
      init: (_: undefined, context) => context.random.next(),
      calls: { roll: { run: (s) => [s, s] } },
    })
    const rolls = async () => {
      await using system = await testNode()
      const dice = await Promise.all([1, 2].map(() => system.node.spawn(Dice, undefined)))
      return await Promise.all(dice.map((one) => one.call('roll')))
    }
    const [first, second] = [await rolls(), await rolls()]
    expect(first).toEqual(second)
    expect(first[0]).not.toBe(first[1])
  })

  test('the signal aborts when an actor is killed, so that what it waits for ends', async () => {
    await using system = await testNode()
    const Waiter = defineActor(import.meta.url, {
      name: 'waiter',
      version: 1,
      init: (told: string[]) => ({ told }),
      calls: {
        wait: {
          run: (s, _: undefined, context) =>
            new Promise((_resolve, reject) => {
              context.signal.addEventListener('abort', () => {
                s.told.push('aborted')
                reject(context.signal.reason)
              })
            }),
        },
      },
    })
    const told: string[] = []
    const waiter = await system.node.spawn(Waiter, told, { shutdownMs: 100 })
    const call = expect(waiter.call('wait')).rejects.toMatchObject({ code: 'foundation/actor-stopped' })
    await settled()
    const ended = system.node.stop(waiter)
    await system.clock.advance(100)
    expect(await ended).toEqual({ type: 'killed' })
    await call
    expect(told).toEqual(['aborted'])
  })
})
