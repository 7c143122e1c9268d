import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineActor } from '../actors/actor.ts'
import type { ActorRef } from '../actors/actor-ref.ts'
import { effect } from '../actors/effect.ts'
import { delay } from '../clock.ts'
import type { Engine } from '../engine/engine.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { requestTimeout } from '../errors/engine-errors.ts'
import { type Node, startNode } from '../node/node.ts'
import type { NodeOptions } from '../node/node-options.ts'
import { child } from '../supervision/supervisor-options.ts'
import { collectTelemetry, settled, virtualClock } from '../testing/index.ts'

/** Notes what it is told, in order. */
const Log = defineActor(import.meta.url, {
  name: 'log',
  version: 1,
  init: (first: string) => ({ told: [first], large: '' }),
  calls: {
    tell: { input: z.string(), run: (s, what) => [{ ...s, told: [...s.told, what] }, s.told.length] },
    read: { run: (s) => [s, s.told] },
    where: { run: (s, _: undefined, { self }) => [s, self.address.node] },
    grow: { run: (s, bytes: number) => [{ ...s, large: 'x'.repeat(bytes) }, bytes] },
    size: { run: (s) => [s, s.large.length] },
    crash: {
      run: (s) => {
        if (s.told.length > 0) throw new Error('told to')
        return [s, 0]
      },
    },
    slow: {
      run: async (s, ms: number, { clock }) => {
        await delay(clock, ms)
        return [{ ...s, told: [...s.told, 'slow'] }, 'slow']
      },
    },
    link: { run: (s, other: ActorRef) => [s, null, [effect.link(other)]] },
  },
  casts: { note: { input: z.string(), run: (s, what) => ({ ...s, told: [...s.told, what] }) } },
  save: (s) => s,
  load: (s: { told: string[]; large: string }) => s,
})

/** Has no save: its state goes as it is. */
const Plain = defineActor(import.meta.url, {
  name: 'plain',
  version: 1,
  init: (n: number) => ({ n, ask: undefined as undefined | (() => number) }),
  calls: {
    add: { run: (s, by: number) => [{ ...s, n: s.n + by }, s.n + by] },
    spoil: { run: (s) => [{ ...s, ask: () => 1 }, null] },
  },
})

/** Can be loaded on no node but n1. */
const Fussy = defineActor(import.meta.url, {
  name: 'fussy',
  version: 1,
  init: () => 1,
  calls: { add: { run: (n, by: number) => [n + by, n + by] } },
  save: (n) => n,
  load: (n: number, _, { self }) => {
    if (self.address.node !== 'n1') throw new Error('not here')
    return n
  },
})

async function system(
  names: readonly string[] = ['n1', 'n2', 'n3'],
  options: Partial<NodeOptions> = {},
  engineOf: (name: string, engine: Engine) => Engine = (_, engine) => engine,
) {
  const clock = virtualClock()
  const engine = memoryEngine({ clock })
  const telemetry = collectTelemetry()
  const nodes: Node[] = []
  for (const name of names) {
    const definitions = [Log, Plain, Fussy]
    const starting = startNode({
      engine: engineOf(name, engine),
      clock,
      telemetry,
      name,
      epoch: 1,
      definitions,
      ...options,
    })
    await clock.advance(2_000)
    nodes.push(await starting)
  }
  const after = async <T>(work: Promise<T>, ms = 1_000): Promise<T> => {
    work.catch(() => {})
    await clock.advance(ms)
    return await work
  }
  return { clock, engine, telemetry, after, nodes: nodes as [Node, Node, Node] }
}

/** Where somebody listens and never answers. */
const silence = 'test.silence'

/** One request to a node is lost: who asks hears nothing until its time is up. */
function deafOnce(engine: Engine, how: { node: string; nth: number; heard: { asked: number } }): Engine {
  return new Proxy(engine, {
    get(target, property) {
      const value = Reflect.get(target, property)
      if (property !== 'request') return typeof value === 'function' ? value.bind(target) : value
      return async (...[subject, body, options]: Parameters<Engine['request']>) => {
        const isLost = subject.endsWith(`.node.${how.node}`) && ++how.heard.asked === how.nth
        return await target.request(isLost ? silence : subject, body, options)
      }
    },
  })
}

/** What is asked of a node is not answered while `isCut`. */
function cutOff(engine: Engine, node: string, cut: { readonly isCut: boolean }): Engine {
  return new Proxy(engine, {
    get(target, property) {
      const value = Reflect.get(target, property)
      if (property !== 'request') return typeof value === 'function' ? value.bind(target) : value
      return async (...args: Parameters<Engine['request']>) => {
        if (cut.isCut && args[0].split('.').includes(node)) throw requestTimeout(args[0], 1)
        return await target.request(...args)
      }
    },
  })
}

const log = { name: 'log', scope: 'system' } as const

/** Each sender casts and calls with numbers that grow. */
function sending(senders: readonly ActorRef<typeof Log>[]) {
  const answers: Promise<number>[] = []
  let count = 0
  const send = () => {
    for (const [i, sender] of senders.entries()) {
      sender.cast('note', `${i}-${count}`)
      answers.push(sender.call('tell', `${i}-${count + 1}`))
    }
    count += 2
  }
  return { answers, send, sent: () => count }
}

describe('node.move of a name', () => {
  test('the actor goes on there with its state, and all references to it are good', async () => {
    const { nodes, after, telemetry } = await system()
    const [n1, n2, n3] = nodes
    const ref = await after(n1.spawn(Log, 'a', log))
    const elsewhere = n3.lookup(Log, 'log')
    await after(elsewhere.call('tell', 'b'))
    const moved = await after(n1.move(ref, { to: 'n2' }))
    expect(n1.actors).toBe(0)
    expect(n2.actors).toBe(1)
    for (const one of [ref, elsewhere, moved, n2.lookup(Log, 'log')]) {
      expect(await after(one.call('where'))).toBe('n2')
    }
    expect(await after(ref.call('read'))).toEqual(['a', 'b'])
    const [event] = telemetry.named('foundation.actor-moved')
    expect(event?.measurements).toMatchObject({ messages: 0, castsLost: 0, durationMs: 0 })
    expect(event?.metadata).toEqual({ node: 'n1', actor: '"log"', to: 'n2' })
  })

  test('may be asked for on any node, and to where it is already', async () => {
    const { nodes, after } = await system()
    const [n1, n2, n3] = nodes
    await after(n1.spawn(Log, 'a', { ...log, restart: 'permanent' }))
    const ref = n3.lookup(Log, 'log')
    await after(n3.move(ref, { to: 'n2' }))
    expect(await after(ref.call('where'))).toBe('n2')
    await after(n1.move(n1.lookup(Log, 'log'), { to: 'n2' }))
    expect([n1.actors, n2.actors, n3.actors]).toEqual([0, 1, 0])
  })

  test('what waits goes first and what comes meanwhile after it, in the order of each sender, and calls are answered', async () => {
    const { nodes, after, clock, telemetry } = await system()
    const [n1, n2, n3] = nodes
    const ref = await after(n1.spawn(Log, 'a', log))
    const slow = ref.call('slow', 100)
    const senders = [n1.lookup(Log, 'log'), n2.lookup(Log, 'log'), n3.lookup(Log, 'log')]
    const { answers, send, sent } = sending(senders)
    send()
    const moving = n1.move(ref, { to: 'n2' })
    for (let i = 0; i < 5; i++) {
      send()
      await settled()
    }
    await clock.advance(50)
    expect(n1.actors).toBe(1)
    send()
    // The message under way ends first.
    await clock.advance(50)
    for (let i = 0; i < 5; i++) {
      send()
      await settled()
    }
    await after(moving)
    send()
    expect(await after(slow)).toBe('slow')
    await after(Promise.all(answers))
    const told = await after(ref.call('read'))
    expect(await after(ref.call('where'))).toBe('n2')
    for (const i of senders.keys()) {
      const own = told.filter((one) => one.startsWith(`${i}-`))
      expect(own).toEqual(Array.from({ length: sent() }, (_, n) => `${i}-${n}`))
    }
    expect(telemetry.named('foundation.actor-moved')[0]?.measurements.castsLost).toBe(0)
  })

  test('one that is restarted keeps its supervisor there, and begins anew with its argument after a crash', async () => {
    const { nodes, after, telemetry } = await system()
    const [n1, n2] = nodes
    const ref = await after(n1.spawn(Log, 'a', { ...log, restart: 'permanent' }))
    await after(ref.call('tell', 'b'))
    await after(n1.move(ref, { to: 'n2' }))
    expect(n2.supervisionTree().supervisors).toHaveLength(1)
    expect(n1.supervisionTree().supervisors).toHaveLength(0)
    await expect(after(ref.call('crash'))).rejects.toMatchObject({ code: 'foundation/actor-crashed' })
    expect(await after(ref.call('read'))).toEqual(['a'])
    expect(telemetry.named('foundation.child-restarted')).toHaveLength(1)
    await after(n2.stop(ref))
    expect(n2.actors).toBe(0)
    const again = await after(n1.spawn(Log, 'new', log))
    expect(await after(again.call('where'))).toBe('n1')
  })

  test('goes to and fro', async () => {
    const { nodes, after } = await system()
    const [n1] = nodes
    const ref = await after(n1.spawn(Log, 'a', { ...log, restart: 'permanent' }))
    for (const to of ['n2', 'n3', 'n1', 'n2', 'n1']) {
      await after(n1.move(ref, { to }))
      expect(await after(ref.call('where'))).toBe(to)
      await after(ref.call('tell', to))
    }
    expect(await after(ref.call('read'))).toEqual(['a', 'n2', 'n3', 'n1', 'n2', 'n1'])
    expect(nodes.map((node) => node.actors)).toEqual([1, 0, 0])
  })

  test('a state above what goes in a message goes by a blob, which is gone after', async () => {
    const { nodes, after, engine, telemetry } = await system()
    const [n1] = nodes
    const ref = await after(n1.spawn(Log, 'a', log))
    await after(ref.call('grow', 3_000_000))
    await after(n1.move(ref, { to: 'n2' }))
    expect(await after(ref.call('where'))).toBe('n2')
    expect(await after(ref.call('size'))).toBe(3_000_000)
    expect(telemetry.named('foundation.actor-moved')[0]?.measurements.stateBytes).toBeGreaterThan(3_000_000)
    const blobs = await engine.blobs('mabeam-snapshots')
    expect(await blobs.get('log.n1/1/1')).toBeUndefined()
  })

  test('a definition without save moves its state as it is, if that can be sent', async () => {
    const { nodes, after } = await system()
    const [n1, n2] = nodes
    const ref = await after(n1.spawn(Plain, 1, { name: 'plain', scope: 'system' }))
    await after(ref.call('add', 4))
    await after(n1.move(ref, { to: 'n2' }))
    expect(await after(ref.call('add', 1))).toBe(6)
    await after(ref.call('spoil'))
    await expect(after(n1.move(ref, { to: 'n1' }))).rejects.toThrow('state of "plain".ask: a function')
    expect(await after(ref.call('add', 1))).toBe(7)
    expect(n2.actors).toBe(1)
  })
})

describe('a move that fails', () => {
  test('at the load there leaves the actor here, as it was, and its callers notice nothing', async () => {
    const { nodes, after } = await system()
    const [n1, n2, n3] = nodes
    const ref = await after(n1.spawn(Fussy, undefined, { name: 'fussy', scope: 'system' }))
    const moving = n1.move(ref, { to: 'n2' })
    moving.catch(() => {})
    const call = n3.lookup(Fussy, 'fussy').call('add', 1)
    await expect(after(moving)).rejects.toMatchObject({
      code: 'foundation/move-failed',
      message: '"fussy": was not moved to node n2 and goes on where it was: "fussy": could not start: not here',
    })
    expect(await after(call)).toBe(2)
    expect([n1.actors, n2.actors]).toEqual([1, 0])
    expect(await after(n3.lookup(Fussy, 'fussy').call('add', 1))).toBe(3)
    // Its name is still its own, and given back when it ends.
    await after(n1.stop(ref), 20_000)
    await after(n2.spawn(Fussy, undefined, { name: 'fussy', scope: 'system' }))
  })

  test('is refused by name where there is nothing to find it by, nobody to take it, or something that would tear', async () => {
    const { nodes, after, clock } = await system(['n1', 'n2'])
    const [n1, n2] = nodes
    const refused = async (moving: Promise<unknown>, sentence: string, code = 'foundation/move-refused') => {
      await expect(after(moving)).rejects.toMatchObject({ code, message: expect.stringContaining(sentence) })
    }
    await refused(n1.move(await n1.spawn(Log, 'a'), { to: 'n2' }), 'it has no name')
    await refused(n1.move(await n1.spawn(Log, 'a', { name: 'own' }), { to: 'n2' }), "spawn it with scope: 'system'")
    const Strange = defineActor(import.meta.url, { name: 'strange', version: 1, init: () => 0 })
    const strange = await after(n1.spawn(Strange, undefined, { name: 'strange', scope: 'system' }))
    await refused(n1.move(strange, { to: 'n2' }), 'expected it to have strange@1', 'foundation/definition-missing')
    const ref = await after(n1.spawn(Log, 'a', log))
    await refused(
      n1.move(ref, { to: 'nope' }),
      'unknown node "nope"; expected one of n1, n2',
      'foundation/unknown-name',
    )
    await after(ref.call('link', strange))
    await refused(n2.move(n2.lookup(Log, 'log'), { to: 'n2' }), 'it is linked to an actor of its node')
    await refused(n1.move(n1.lookup(Log, 'none'), { to: 'n2' }), 'there is no such actor', 'foundation/no-such-actor')
    await refused(n1.move(ref, { to: 7 } as never), 'to: expected a non-empty string', 'foundation/invalid-option')
    await refused(
      n1.move(ref, { to: 'n2', timeout: 1 } as never),
      'did you mean "timeoutMs"?',
      'foundation/unknown-name',
    )
    const supervisor = await n1.supervise({ name: 'kids', children: [child(Log, 'a', { id: 'kid', name: 'kid' })] })
    await refused(n1.move(supervisor.child(Log, 'kid') as ActorRef<typeof Log>, { to: 'n2' }), 'that of its node only')
    await clock.advance(1_000)
    expect(await after(ref.call('where'))).toBe('n1')
  })

  test('by its deadline or its signal while the actor is busy leaves it here', async () => {
    const { nodes, after, clock } = await system()
    const [n1] = nodes
    const ref = await after(n1.spawn(Log, 'a', log))
    const slow = ref.call('slow', 5_000)
    const late = n1.move(ref, { to: 'n2', timeoutMs: 1_000 })
    await expect(after(late)).rejects.toMatchObject({ code: 'foundation/move-timeout' })
    const giving = new AbortController()
    const given = n1.move(ref, { to: 'n2', signal: giving.signal })
    given.catch(() => {})
    await settled()
    giving.abort(new Error('enough'))
    await expect(given).rejects.toThrow('enough')
    await clock.advance(10_000)
    expect(await slow).toBe('slow')
    expect(await after(ref.call('where'))).toBe('n1')
    await after(n1.move(ref, { to: 'n2' }))
    expect(await after(ref.call('where'))).toBe('n2')
  })

  test('two at once of one actor: the second is refused, and it moves once', async () => {
    const { nodes, after } = await system()
    const [n1, n2, n3] = nodes
    const ref = await after(n1.spawn(Log, 'a', log))
    const both = Promise.allSettled([n1.move(ref, { to: 'n2' }), n1.move(ref, { to: 'n3' })])
    const [first, second] = await after(both)
    expect(first.status).toBe('fulfilled')
    expect(second.status).toBe('rejected')
    expect([n1.actors, n2.actors, n3.actors]).toEqual([0, 1, 0])
  })

  test('because it is not heard is told again: the actor stands still for a moment, not until the deadline', async () => {
    const heard = { asked: 0 }
    const { nodes, after, clock, engine } = await system(undefined, {}, (name, given) => {
      return name === 'n1' ? deafOnce(given, { node: 'n2', nth: 2, heard }) : given
    })
    const [n1, , n3] = nodes
    const ref = await after(n1.spawn(Log, 'a', log))
    await engine.subscribe(silence, () => {})
    heard.asked = 0
    const moving = n1.move(ref, { to: 'n2', timeoutMs: 60_000 })
    await clock.advance(1)
    expect(await after(n3.lookup(Log, 'log').call('where', undefined, { timeoutMs: 3_000 }), 3_000)).toBe('n2')
    await after(moving)
  })

  test('whose other node can not be told to begin says nothing of who has the name here after it', async () => {
    const cut = { isCut: false }
    const { nodes, after, engine } = await system(undefined, {}, (name, given) =>
      name === 'n1' ? cutOff(given, 'n2', cut) : given,
    )
    const [n1, n2, n3] = nodes
    const state = await engine.state(`${n1.system}-directory`)
    const ref = await after(n1.spawn(Log, 'first', log))
    ref.monitor(() => {
      cut.isCut = true
    })
    const moving = n1.move(ref, { to: 'n2', timeoutMs: 30_000 })
    await after(Promise.resolve(), 1)
    expect(n1.actors).toBe(0)

    await state.delete('name.log')
    await after(n1.spawn(Log, 'second', log), 1)
    await state.delete('name.log')
    const third = await after(n3.spawn(Log, 'third', log), 1)
    await after(moving, 20_000)
    expect([n1.actors, n2.actors, n3.actors]).toEqual([0, 0, 1])
    expect(await after(third.call('read'))).toEqual(['third'])
  })

  test('or is done keeps the name from who asks for it where it comes to, at whatever moment', async () => {
    const { nodes, after } = await system(['n1', 'n2'])
    const [n1, n2] = nodes
    await after(n1.spawn(Log, 'first', log))
    let at: Node = n1
    for (let turns = 0; turns < 120; turns += 3) {
      const other = at === n1 ? n2 : n1
      const moving = at.move(at.lookup(Log, 'log'), { to: other.name })
      for (let left = turns; left > 0; left--) await Promise.resolve()
      const second = other.spawn(Log, 'second', log)
      const [moved, asked] = await after(Promise.allSettled([moving, second]))
      if (moved.status === 'fulfilled') at = other
      const told = await after(n1.lookup(Log, 'log').call('read'))
      expect([turns, asked.status, n1.actors + n2.actors, told]).toEqual([turns, 'rejected', 1, ['first']])
    }
  })

  test('nothing is left behind: no timer, no name, no message', async () => {
    const { nodes, after, clock, engine } = await system()
    const [n1] = nodes
    const ref = await after(n1.spawn(Log, 'a', { ...log, restart: 'permanent' }))
    await after(n1.move(ref, { to: 'n2' }))
    for (const node of nodes) await after(node.close(), 10_000)
    await engine.close()
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('node.move of a place', () => {
  const indexer = { name: 'indexer', strategy: 'singleton' } as const

  test('is a wish that is kept, and takes waiting calls and casts along in order', async () => {
    const { nodes, after, telemetry } = await system()
    const [n1, n2, n3] = nodes
    for (const node of nodes) await after(node.place(Log, 'a', indexer))
    const ref = n1.lookup(Log, 'indexer')
    const senders = [ref, n3.lookup(Log, 'indexer')]
    const slow = ref.call('slow', 100)
    const { answers, send, sent } = sending(senders)
    send()
    const moving = n3.move(ref, { to: 'n2' })
    for (let i = 0; i < 10; i++) {
      send()
      await settled()
    }
    await after(moving)
    send()
    await after(Promise.all([slow, ...answers]))
    expect(await after(ref.call('where'))).toBe('n2')
    const told = await after(ref.call('read'))
    for (const i of senders.keys()) {
      const own = told.filter((one) => one.startsWith(`${i}-`))
      expect(own).toEqual(Array.from({ length: sent() }, (_, n) => `${i}-${n}`))
    }
    expect([n1.actors, n2.actors, n3.actors]).toEqual([0, 1, 0])
    expect(telemetry.named('foundation.actor-moved')[0]?.measurements).toMatchObject({ castsLost: 0 })
  })

  test('a node that leaves takes nothing with it: what waits is worked on where the place goes', async () => {
    const { nodes, after, telemetry } = await system()
    const [n1, n2, n3] = nodes
    for (const node of nodes) await after(node.place(Log, 'a', indexer))
    const ref = n3.lookup(Log, 'indexer')
    await after(ref.call('grow', 2_000_000))
    const slow = ref.call('slow', 100)
    ref.cast('note', 'b')
    const calls = [1, 2, 3].map((n) => ref.call('tell', `${n}`))
    await settled()
    await after(n1.close(), 5_000)
    expect(await after(slow)).toBe('slow')
    await after(Promise.all(calls))
    expect(await after(ref.call('read'))).toEqual(['a', 'slow', 'b', '1', '2', '3'])
    expect(await after(ref.call('size'))).toBe(2_000_000)
    expect(n2.actors + n3.actors).toBe(1)
    expect(telemetry.named('foundation.message-dropped')).toHaveLength(0)
  })

  test('to a node that does not offer it is refused', async () => {
    const { nodes, after } = await system()
    const [n1, n2, n3] = nodes
    for (const node of [n1, n2]) await after(node.place(Log, 'a', indexer))
    await expect(after(n1.move(n1.lookup(Log, 'indexer'), { to: 'n3' }))).rejects.toMatchObject({
      code: 'foundation/move-refused',
      message: '"indexer": can\'t be moved: node n3 does not offer to run it, got offers of n1, n2',
    })
    expect(n3.actors).toBe(0)
  })
})
