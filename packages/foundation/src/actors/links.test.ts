import { describe, expect, test } from 'vitest'
import { startNode } from '../node/node.ts'
import type { NodeOptions } from '../node/node-options.ts'
import { seededRandom } from '../random.ts'
import { child } from '../supervision/supervisor-options.ts'
import { collectTelemetry, eventually, settled, virtualClock } from '../testing/index.ts'
import { defineActor } from './actor.ts'
import type { ActorReference } from './actor-address.ts'
import type { ActorRef } from './actor-ref.ts'
import { effect, withEffects } from './effect.ts'
import type { ExitReason } from './exit-reason.ts'
import { linkedReason } from './links.ts'

const fail = (): never => {
  throw new Error('told to')
}

const Linker = defineActor(import.meta.url, {
  name: 'linker',
  version: 1,
  init: (log: string[]) => ({ log }),
  calls: {
    wait: { run: () => new Promise<never>(() => {}) },
    link: { run: (s, to: ActorReference[]) => [s, null, to.map(effect.link)] },
  },
  casts: {
    link: { run: (s, to: ActorReference) => withEffects(s, [effect.link(to), effect.cast(to, 'note', 'linked')]) },
    note: {
      run: (s, text: string) => {
        s.log.push(text)
        return s
      },
    },
    stopThenTick: {
      run: (s) => withEffects(s, [effect.stop(), effect.startTimer('t', { delayMs: 1, cast: 'note', input: 't' })]),
    },
    crash: { run: () => fail() },
  },
  stop: (s) => void s.log.push('last words'),
})

async function testNode(options: NodeOptions = {}) {
  const clock = virtualClock()
  const telemetry = collectTelemetry()
  const node = await startNode({ name: 'n1', clock, telemetry, random: seededRandom(1), ...options })
  const spawn = async (name?: string, log: string[] = []) =>
    await node.spawn(Linker, log, name === undefined ? {} : { name })
  return { node, clock, telemetry, spawn, [Symbol.asyncDispose]: () => node.close() }
}

const endOf = (ref: ActorRef<typeof Linker>) => new Promise<ExitReason>((resolve) => void ref.monitor(resolve))

describe('a link', () => {
  test('ends the other with the first reason and without its last words, and its callers may try again', async () => {
    await using at = await testNode()
    const log: string[] = []
    const [a, b] = [await at.spawn('a'), await at.spawn('b', log)]
    a.cast('link', b)
    await settled()
    const [ended, call] = [endOf(b), b.call('wait')]
    const answer = expect(call).rejects.toMatchObject({ code: 'foundation/link-broken', retryable: true })
    a.cast('crash')
    expect(await ended).toMatchObject({ type: 'linked', actor: { name: 'a' }, reason: { type: 'crashed' } })
    await answer
    await expect(call).rejects.toThrow('"b": ended with "a", which it was linked to (crashed)')
    expect(log).toEqual(['linked'])
    expect(at.telemetry.named('foundation.actor-stopped')[0]?.metadata).toMatchObject({ reason: 'linked' })
  })

  test('ends a whole chain, however long, each for the first end', async () => {
    await using at = await testNode({ codec: false })
    const log: string[] = []
    const chain = await Promise.all(Array.from({ length: 20_000 }, () => at.spawn(undefined, log)))
    for (const [i, one] of chain.entries()) if (i > 0) chain[i - 1]?.cast('link', one)
    await eventually(() => log.length === chain.length - 1)
    const [first, last] = [chain[0], chain.at(-1)] as [ActorRef<typeof Linker>, ActorRef<typeof Linker>]
    const ended = endOf(last)
    first.cast('crash')
    expect(await ended).toMatchObject({ type: 'linked', actor: { id: first.address.id }, reason: { type: 'crashed' } })
    expect(at.node.actors).toBe(0)
  })

  test('to an actor that is no more counts as its end, and to itself is nothing', async () => {
    await using at = await testNode()
    const [a, gone] = [await at.spawn(), await at.spawn()]
    a.cast('link', a)
    await at.node.stop(gone)
    const ended = endOf(a)
    a.cast('link', gone)
    expect(await ended).toMatchObject({ type: 'linked', reason: { type: 'no-such-actor' } })
  })

  test('ends an actor that is asked to stop like a shutdown: a transient child is not restarted after it', async () => {
    await using at = await testNode()
    const log: string[] = []
    await at.node.supervise({ children: [child(Linker, log, { name: 't', restart: 'transient' })] })
    const [t, other] = [at.node.find(Linker, 't') as ActorRef<typeof Linker>, await at.spawn()]
    for (const [ending, runs] of [
      ['crash', true],
      ['stop', false],
    ] as const) {
      const partner = ending === 'crash' ? other : await at.spawn()
      t.cast('link', partner)
      await settled()
      if (ending === 'crash') partner.cast('crash')
      else await at.node.stop(partner)
      await settled()
      expect(at.node.find(Linker, 't') !== undefined).toBe(runs)
    }
  })

  test('links up to monitorsMax are kept, and one past it is a crash with a typed error', async () => {
    await using at = await testNode({ monitorsMax: 2 })
    const others = [await at.spawn(), await at.spawn(), await at.spawn()]
    const [within, past] = [await at.spawn(), await at.spawn()]
    await within.call('link', others.slice(0, 2))
    await within.call('link', others.slice(0, 2))
    await settled()
    expect(at.node.actors).toBe(5)
    await past.call('link', others)
    await settled()
    const [crash] = at.telemetry.named('foundation.actor-crashed')
    expect(crash?.metadata).toMatchObject({ code: 'foundation/limit-reached' })
  })

  test('carries the first reason on unchanged', () => {
    const actor = { address: { system: 's', node: 'n', epoch: 1, id: 2 }, toJSON: () => actor.address }
    const first = linkedReason(actor, { type: 'killed' })
    expect(linkedReason({ ...actor, address: { ...actor.address, id: 3 } }, first)).toBe(first)
  })
})

describe('after an actor has stopped', () => {
  test('effects that follow leave nothing behind', async () => {
    await using at = await testNode()
    const a = await at.spawn()
    a.cast('stopThenTick')
    await settled()
    expect(at.clock.pendingTimers).toBe(0)
  })
})

describe('monitors', () => {
  const Watcher = defineActor(import.meta.url, {
    name: 'watcher',
    version: 1,
    init: () => [] as string[],
    calls: { heard: { run: (s) => [s, s] } },
    casts: {
      watch: { run: (s, whom: ActorReference[]) => withEffects(s, whom.map(effect.monitor)) },
      unwatchAfter: {
        run: async (s, whom: ActorReference) => {
          await settled()
          return withEffects(s, [effect.demonitor(whom)])
        },
      },
    },
    down: (s, { reason }) => [...s, reason.type],
  })

  test('news that waits is taken back with its monitor', async () => {
    await using at = await testNode()
    const [watcher, other] = [await at.node.spawn(Watcher, undefined), await at.spawn()]
    watcher.cast('watch', [other])
    await settled()
    watcher.cast('unwatchAfter', other)
    other.cast('crash')
    expect(await watcher.call('heard')).toEqual([])
  })

  test('news comes after what was sent by a handler that had waited, too', async () => {
    await using at = await testNode()
    const Late = defineActor(import.meta.url, {
      name: 'late',
      version: 1,
      init: () => null,
      casts: {
        tell: {
          run: async (_s, to: ActorRef<typeof Busy>) => {
            await settled()
            to.cast('hear', 'last words')
            throw new Error('told to')
          },
        },
      },
    })
    const Busy = defineActor(import.meta.url, {
      name: 'busy',
      version: 1,
      init: (gate: Promise<void>) => ({ gate, heard: [] as string[] }),
      calls: {
        hold: {
          run: async (s) => {
            await s.gate
            return [s, null]
          },
        },
        heard: { run: (s) => [s, s.heard] },
      },
      casts: {
        hear: { run: (s, text: string) => ({ ...s, heard: [...s.heard, text] }) },
        watch: { run: (s, whom: ActorReference) => withEffects(s, [effect.monitor(whom)]) },
      },
      down: (s, { reason }) => ({ ...s, heard: [...s.heard, reason.type] }),
    })
    const { promise, resolve } = Promise.withResolvers<void>()
    const [busy, late] = [await at.node.spawn(Busy, promise), await at.node.spawn(Late, undefined)]
    busy.cast('watch', late)
    const held = busy.call('hold')
    await settled()
    late.cast('tell', busy)
    await eventually(() => at.telemetry.named('foundation.actor-crashed').length === 1)
    resolve()
    await held
    expect(await busy.call('heard')).toEqual(['last words', 'crashed'])
  })

  test('up to monitorsMax are kept, one past it is a crash; those that told make room', async () => {
    await using at = await testNode({ monitorsMax: 2 })
    const watcher = await at.node.spawn(Watcher, undefined)
    for (let round = 0; round < 3; round++) {
      const others = [await at.spawn(), await at.spawn()]
      watcher.cast('watch', others)
      await settled()
      for (const one of others) one.cast('crash')
      await settled()
    }
    expect(await watcher.call('heard')).toHaveLength(6)
    watcher.cast('watch', [await at.spawn(), await at.spawn(), await at.spawn()])
    await settled()
    const crash = at.telemetry.named('foundation.actor-crashed').at(-1)
    expect(crash?.metadata).toMatchObject({ code: 'foundation/limit-reached' })
  })
})
