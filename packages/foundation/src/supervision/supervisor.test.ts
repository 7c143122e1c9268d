import { describe, expect, test } from 'vitest'
import { defineActor } from '../actors/actor.ts'
import type { ActorRef } from '../actors/actor-ref.ts'
import type { Json } from '../errors.ts'
import { startNode } from '../node/node.ts'
import { seededRandom } from '../random.ts'
import { collectTelemetry, settled, virtualClock } from '../testing/index.ts'
import { type ChildOptions, child, childSupervisor, type SupervisorOptions } from './supervisor-options.ts'

interface Told {
  readonly log: string[]
  readonly name: string
  /** How many times `init` fails before it succeeds. */
  failures?: number
  /** `stop` never ends. */
  readonly hangs?: boolean
  /** `init` takes a turn. */
  readonly slow?: boolean
}

const Child = defineActor(import.meta.url, {
  name: 'child',
  version: 1,
  init: async (told: Told) => {
    if (told.slow) await Promise.resolve()
    if ((told.failures ?? 0) > 0) {
      told.failures = (told.failures ?? 0) - 1
      throw new Error(`${told.name} will not start`)
    }
    told.log.push(`start ${told.name}`)
    return { told, n: 0 }
  },
  calls: {
    add: { run: (s, by: number) => [{ ...s, n: s.n + by }, s.n + by] },
    crash: {
      run: () => {
        throw new Error('told to')
      },
    },
  },
  casts: {
    crash: {
      run: () => {
        throw new Error('told to')
      },
    },
  },
  stop: async ({ told }) => {
    told.log.push(`stop ${told.name}`)
    if (told.hangs) await new Promise(() => {})
  },
})

async function system(options: Partial<SupervisorOptions> = {}, codec = false) {
  const clock = virtualClock()
  const telemetry = collectTelemetry()
  const node = await startNode({ name: 'n1', clock, telemetry, random: seededRandom(1), codec })
  const log: string[] = []
  const make = (name: string, how: ChildOptions = {}, told: Partial<Told> = {}) =>
    child(Child, { log, name, ...told }, { name, ...how })
  const supervise = (...children: SupervisorOptions['children']) => node.supervise({ ...options, children })
  const ref = (name: string) => node.find(Child, name) as ActorRef<typeof Child>
  return { node, clock, telemetry, log, make, supervise, ref, [Symbol.asyncDispose]: () => node.close() }
}

describe('supervise', () => {
  test('starts children in order and stops them in reverse', async () => {
    await using at = await system()
    const supervisor = await at.supervise(at.make('a', {}, { slow: true }), at.make('b'), at.make('c'))
    expect(at.log).toEqual(['start a', 'start b', 'start c'])
    await supervisor.stop()
    await supervisor.stop()
    expect(at.log.slice(3)).toEqual(['stop c', 'stop b', 'stop a'])
    expect(await supervisor.stopped).toEqual({ type: 'shutdown' })
    expect(at.node.actors).toBe(0)
  })

  test('one-for-one restarts what crashed; its named reference reaches the new one', async () => {
    await using at = await system()
    await at.supervise(at.make('a'), at.make('b'))
    const a = at.ref('a')
    expect(await a.call('add', 5)).toBe(5)
    const inFlight = a.call('crash')
    const behind = a.call('add', 1)
    const crashed = { code: 'foundation/actor-crashed', retryable: true }
    await expect(inFlight).rejects.toMatchObject(crashed)
    await expect(behind).rejects.toMatchObject(crashed)
    expect(await a.call('add', 1)).toBe(1)
    expect(at.log).toEqual(['start a', 'start b', 'start a'])
    expect(at.telemetry.named('foundation.child-restarted')).toMatchObject([
      { measurements: { restarts: 1 }, metadata: { node: 'n1', supervisor: 'supervisor', child: 'a' } },
    ])
  })

  test('who calls while the actor is being restarted waits for it or is told to try again', async () => {
    await using at = await system({ strategy: 'one-for-all' })
    await at.supervise(at.make('a'), at.make('b', { shutdownMs: 50 }, { hangs: true }))
    const a = at.ref('a')
    a.cast('crash')
    await settled()
    await expect(a.call('add', 1)).rejects.toMatchObject({ code: 'foundation/no-such-actor', retryable: true })
    await at.clock.advance(50)
    expect(await a.call('add', 1)).toBe(1)
    const closing = at.node.close()
    await at.clock.advance(50)
    await closing
  })

  test('one-for-all and rest-for-one restart the others too, in order', async () => {
    for (const [strategy, expected] of [
      ['one-for-all', ['stop c', 'stop a', 'start a', 'start b', 'start c']],
      ['rest-for-one', ['stop c', 'start b', 'start c']],
    ] as const) {
      await using at = await system({ strategy })
      await at.supervise(at.make('a'), at.make('b'), at.make('c'))
      at.ref('b').cast('crash')
      await settled()
      expect(at.log.slice(3)).toEqual(expected)
    }
  })

  test('a transient child is restarted after a crash only, a temporary one never', async () => {
    await using at = await system()
    await at.supervise(at.make('t', { restart: 'transient' }), at.make('x', { restart: 'temporary' }))
    const [t, x] = [at.ref('t'), at.ref('x')]
    t.cast('crash')
    x.cast('crash')
    await settled()
    expect(at.log.slice(2)).toEqual(['start t'])
    await expect(x.call('add', 1)).rejects.toMatchObject({ code: 'foundation/no-such-actor', retryable: false })
    await at.node.stop(t)
    await settled()
    expect(at.log.slice(3)).toEqual(['stop t'])
  })

  test('gives up after too many restarts inside the window, and stops the others', async () => {
    await using at = await system({ restartsMax: 2, windowMs: 1000 })
    const supervisor = await at.supervise(at.make('a'), at.make('b'))
    for (let i = 0; i < 4; i++) {
      at.ref('a').cast('crash')
      await settled()
      await at.clock.advance(600)
    }
    expect(supervisor.tree().phase).toBe('running')
    for (let i = 0; i < 2; i++) {
      at.ref('a').cast('crash')
      await settled()
    }
    expect(await supervisor.stopped).toEqual({ type: 'gave-up', cause: 'restart-intensity' })
    expect(at.log.at(-1)).toBe('stop b')
    expect(at.node.find(Child, 'a')).toBeUndefined()
    const [stopped] = at.telemetry.named('foundation.supervisor-stopped')
    expect(stopped?.metadata.reason).toBe('restart-intensity' satisfies Json)
  })

  test('a child that fails to start again counts as a restart, and may succeed', async () => {
    await using at = await system({ restartsMax: 3 })
    const flaky: Told = { log: at.log, name: 'flaky' }
    const supervisor = await at.supervise(child(Child, flaky, { name: 'flaky' }))
    flaky.failures = 2
    const ref = at.ref('flaky')
    ref.cast('crash')
    await settled()
    expect(await ref.call('add', 1)).toBe(1)
    flaky.failures = 9
    ref.cast('crash')
    await settled()
    expect(await supervisor.stopped).toEqual({ type: 'gave-up', cause: 'restart-intensity' })
  })

  test('a child that will not start stops those that did and rejects with its cause', async () => {
    await using at = await system({ name: 'pool' })
    const failing = at.supervise(at.make('a'), at.make('b'), at.make('c', {}, { failures: 1 }))
    await expect(failing).rejects.toThrow(
      'supervisor pool: child "c" would not start: "c": could not start: c will not',
    )
    expect(at.log).toEqual(['start a', 'start b', 'stop b', 'stop a'])
    await at.supervise(at.make('a'))
  })

  test('a child that does not stop in time is killed', async () => {
    await using at = await system()
    const supervisor = await at.supervise(at.make('a'), at.make('b', { shutdownMs: 100 }, { hangs: true }))
    const stopping = supervisor.stop()
    await at.clock.advance(99)
    expect(at.log).not.toContain('stop a')
    await at.clock.advance(1)
    await stopping
    expect(at.log.slice(2)).toEqual(['stop b', 'stop a'])
    expect(at.telemetry.named('foundation.actor-stopped').map((one) => one.metadata.reason)).toEqual([
      'killed',
      'shutdown',
    ])
    expect(at.clock.pendingTimers).toBe(0)
  })

  test('a supervisor that gives up is restarted by its own, and an outer one that gives up ends all', async () => {
    await using at = await system({ restartsMax: 1 })
    const outer = await at.supervise(
      at.make('a'),
      childSupervisor('inner', { restartsMax: 1, children: [at.make('b'), at.make('c')] }),
    )
    expect(outer.tree()).toMatchObject({
      children: [
        { id: 'a', status: 'running', actor: { name: 'a' } },
        { id: 'inner', supervisor: { name: 'inner', children: [{ id: 'b' }, { id: 'c' }] } },
      ],
    })
    const crash = async () => {
      at.ref('b').cast('crash')
      await settled()
    }
    await crash()
    await crash()
    expect(at.log.slice(3)).toEqual(['start b', 'stop c', 'start b', 'start c'])
    await crash()
    await crash()
    expect(await outer.stopped).toEqual({ type: 'gave-up', cause: 'restart-intensity' })
    expect(at.node.actors).toBe(0)
  })

  test('an end at the bottom of three levels climbs to the top, one level for each time it happens too often', async () => {
    await using at = await system({ restartsMax: 1 })
    const level = (id: string, ...children: SupervisorOptions['children']) =>
      childSupervisor(id, { restartsMax: 1, children })
    const top = await at.supervise(level('middle', level('bottom', at.make('leaf'))))
    const phases: number[] = []
    for (let crashes = 1; crashes <= 8; crashes++) {
      at.ref('leaf').cast('crash')
      await settled()
      phases.push(at.log.length)
    }
    expect(await top.stopped).toEqual({ type: 'gave-up', cause: 'restart-intensity' })
    expect(at.log).toHaveLength(8)
    expect(at.telemetry.named('foundation.supervisor-stopped').map((one) => one.metadata.supervisor)).toEqual([
      ...['bottom', 'bottom', 'middle', 'bottom', 'bottom', 'middle', 'supervisor'],
    ])
  })

  test('with a back-off the child is away meanwhile, the others work on, and stopping cancels it', async () => {
    const backoff = { firstMs: 100, factor: 2, jitter: 0 }
    await using at = await system({ restartsMax: 9, backoff })
    const supervisor = await at.supervise(at.make('a'), at.make('b'))
    const [a, b] = [at.ref('a'), at.ref('b')]
    for (const delayMs of [100, 200]) {
      a.cast('crash')
      await settled()
      expect(supervisor.tree().children[0]).toMatchObject({ status: 'waiting', lastExit: { type: 'crashed' } })
      await expect(a.call('add', 1)).rejects.toMatchObject({ code: 'foundation/no-such-actor', retryable: true })
      expect(await b.call('add', 1)).toBeGreaterThan(0)
      await at.clock.advance(delayMs - 1)
      expect(at.node.find(Child, 'a')).toBeUndefined()
      await at.clock.advance(1)
      expect(await a.call('add', 1)).toBe(1)
    }
    expect(supervisor.tree()).toMatchObject({ restartsInWindow: 2, children: [{ restarts: 2 }, { restarts: 0 }] })
    a.cast('crash')
    await settled()
    await supervisor.stop()
    await at.node.close()
    expect(at.clock.pendingTimers).toBe(0)
    expect(at.log.filter((one) => one === 'start a')).toHaveLength(3)
  })

  test('with a back-off those that restart together are stopped first and start together', async () => {
    await using at = await system({ strategy: 'one-for-all', backoff: { firstMs: 100, jitter: 0 } })
    await at.supervise(at.make('a'), at.make('b'))
    at.ref('a').cast('crash')
    await settled()
    expect(at.log.slice(2)).toEqual(['stop b'])
    await at.clock.advance(100)
    expect(at.log.slice(3)).toEqual(['start a', 'start b'])
  })

  test('jitter takes up to its share off a delay', async () => {
    await using at = await system({ backoff: { firstMs: 100, jitter: 0.5 } })
    await at.supervise(at.make('a'))
    at.ref('a').cast('crash')
    await settled()
    const delayMs = at.clock.nextTimerMs ?? 0
    expect([delayMs > 50, delayMs < 100]).toEqual([true, true])
    await at.clock.advance(100)
    expect(await at.ref('a').call('add', 1)).toBe(1)
  })

  test('shuts itself down when a significant child has ended by itself, or all have', async () => {
    for (const [autoShutdown, remaining] of [
      ['any-significant', 1],
      ['all-significant', 2],
    ] as const) {
      await using at = await system({ autoShutdown })
      const significant = { restart: 'transient', significant: true } as const
      const supervisor = await at.supervise(at.make('keeper'), at.make('s', significant), at.make('t', significant))
      const s = at.ref('s')
      s.cast('crash')
      await settled()
      expect(await s.call('add', 1)).toBe(1)
      for (const name of ['s', 't'].slice(0, remaining)) await at.node.stop(at.ref(name))
      expect(await supervisor.stopped).toEqual({ type: 'shutdown' })
      expect(at.node.actors).toBe(0)
      expect(at.telemetry.named('foundation.supervisor-stopped')[0]?.metadata.reason).toBe('auto-shutdown')
    }
  })

  test('an init that hangs fails the start in time, and a stop meanwhile does not wait for it', async () => {
    await using at = await system({ name: 'pool' })
    const Hanging = { ...Child, init: () => new Promise(() => {}) }
    const starting = at.supervise(at.make('a'), child(Hanging, { log: [], name: 'h' }, { name: 'h', startMs: 200 }))
    const failed = expect(starting).rejects.toThrow(
      'pool: child "h" would not start: "h": init was not done within 200',
    )
    await at.clock.advance(200)
    await failed
    expect(at.log).toEqual(['start a', 'stop a'])
    const again = at.supervise(child(Hanging, { log: [], name: 'h' }, { name: 'h', shutdownMs: 50 }))
    const stopped = expect(again).rejects.toMatchObject({ code: 'foundation/supervisor-start-failed' })
    await settled()
    const closing = at.node.close()
    await at.clock.advance(50)
    await Promise.all([closing, stopped])
    expect([at.node.actors, at.clock.pendingTimers]).toEqual([0, 0])
  })

  test('an actor that is spawned alone fails its start in time too', async () => {
    await using at = await system()
    const Hanging = { ...Child, init: () => new Promise(() => {}) }
    const spawned = at.node.spawn(Hanging, { log: [], name: 'h' })
    const failed = expect(spawned).rejects.toMatchObject({ code: 'foundation/start-timeout', retryable: true })
    await at.clock.advance(29_999)
    expect(at.node.actors).toBe(1)
    await at.clock.advance(1)
    await failed
    expect(at.node.actors).toBe(0)
  })

  test('the tree of the node shows supervisors, their children and those nobody supervises', async () => {
    await using at = await system()
    await at.supervise(at.make('a'), childSupervisor('inner', { children: [at.make('b')] }))
    await at.node.spawn(Child, { log: [], name: 'p' }, { name: 'p', restart: 'permanent' })
    await at.node.superviseDynamic({ name: 'pool' })
    const alone = await at.node.spawn(Child, { log: [], name: 'x' })
    at.ref('a').cast('crash')
    await settled()
    const tree = at.node.supervisionTree()
    expect(tree).toMatchObject({ system: 'mabeam', node: 'n1', actorCount: 1, actors: [alone.address] })
    expect(tree.supervisors).toMatchObject([
      {
        name: 'supervisor',
        restartsInWindow: 1,
        childCount: 2,
        children: [
          { id: 'a', restarts: 1, lastExit: { type: 'crashed' }, actor: { name: 'a' } },
          { id: 'inner', restarts: 0, supervisor: { name: 'inner', children: [{ id: 'b' }] } },
        ],
      },
      { name: 'p', children: [{ id: 'actor', actor: { name: 'p' } }] },
      { name: 'pool', strategy: 'dynamic', childCount: 0 },
    ])
    expect(JSON.parse(JSON.stringify(tree))).toEqual(tree)
  })

  test('impossible options are refused by name', async () => {
    await using at = await system()
    await expect(at.node.supervise({ strategy: 'all' as never, children: [] })).rejects.toThrow(
      'supervise: strategy: expected one of one-for-one, one-for-all, rest-for-one, got "all"',
    )
    await expect(at.supervise(at.make('a'), at.make('a'))).rejects.toThrow('children with ids of their own, got "a"')
    await expect(at.node.supervise({ childen: [] } as never)).rejects.toThrow('did you mean "children"?')
    expect(() => at.make('a', { shutdown: 1 } as never)).toThrow('did you mean "shutdownMs"?')
    expect(() => at.make('a', { significant: true })).toThrow('significant: expected a transient or temporary child')
    const significant = at.make('a', { significant: true, restart: 'transient' })
    await expect(at.supervise(significant)).rejects.toThrow('autoShutdown: expected any-significant or all-significant')
    await expect(at.node.supervise({ children: [], backoff: { jitter: 2 } })).rejects.toThrow(
      'supervise: backoff: jitter:',
    )
    const many = Array.from({ length: 1_001 }, (_, i) => at.make(`n${i}`))
    await expect(at.supervise(...many)).rejects.toThrow('children: expected at most 1000 children, got 1001')
    await (await at.supervise(...many.slice(1))).stop()
    await at.supervise(at.make('a'))
    await expect(at.supervise(at.make('b'), at.make('a'))).rejects.toMatchObject({ code: 'foundation/name-taken' })
    await at.supervise(at.make('b'))
  })
})

describe('a call by name after a supervisor gave up', () => {
  const absence = async (ref: ActorRef<typeof Child>) => {
    const thrown = await ref.call('add', 1).catch((error) => error)
    return thrown as { code: string; message: string; retryable: boolean; data: { [key: string]: Json } }
  }
  const crashes = async (ref: ActorRef<typeof Child>, times: number) => {
    for (let i = 0; i < times; i++) {
      ref.cast('crash')
      await settled()
    }
  }

  test('says after how many restarts, and what came last', async () => {
    await using at = await system({ name: 'pool', restartsMax: 2, windowMs: 1_000 })
    await at.supervise(at.make('a'), at.make('b'))
    const [a, b] = [at.ref('a'), at.ref('b')]
    await crashes(a, 2)
    expect(await a.call('add', 1)).toBe(1)
    await crashes(a, 1)
    const reason = 'supervisor pool gave up after 2 restarts within 1000 ms; the last cause: told to'
    expect(await absence(a)).toMatchObject({
      code: 'foundation/no-such-actor',
      message: `"a": there is no such actor: ${reason}`,
      retryable: false,
      data: { actor: '"a"', reason },
    })
    // Whoever ended along with it as well.
    expect((await absence(b)).data).toEqual({ actor: '"b"', reason })
  })

  test('says so while others are still being stopped', async () => {
    await using at = await system({ restartsMax: 0 })
    await at.supervise(at.make('a', { shutdownMs: 1_000 }, { hangs: true }), at.make('b'))
    const b = at.ref('b')
    await crashes(b, 1)
    expect((await absence(b)).message).toMatch('after 0 restarts within 5000 ms; the last cause: told to')
    await at.clock.advance(1_000)
    expect((await absence(b)).message).toMatch('after 0 restarts within 5000 ms; the last cause: told to')
  })

  test('names what a restart threw, and what was under it', async () => {
    await using at = await system({ name: 'top', restartsMax: 1 })
    const told = { log: at.log, name: 'b', failures: 0 }
    const below = childSupervisor('below', { children: [at.make('a')] })
    await at.supervise(below, child(Child, told, { name: 'b' }))
    const [a, b] = [at.ref('a'), at.ref('b')]
    told.failures = 2
    await crashes(b, 1)
    const reason =
      'supervisor top gave up after 1 restart within 5000 ms; the last cause: "b": could not start: b will not start'
    expect((await absence(b)).data.reason).toBe(reason)
    expect((await absence(a)).data.reason).toBe(reason)
  })

  test('blames none that was stopped, nor one that is not restarted', async () => {
    await using at = await system({ strategy: 'rest-for-one', restartsMax: 1 })
    const hung = at.make('c', { shutdownMs: 50 }, { hangs: true })
    await at.supervise(at.make('a'), at.make('b'), hung, at.make('t', { restart: 'temporary' }))
    const a = at.ref('a')
    await crashes(at.ref('b'), 1)
    await crashes(a, 1)
    await at.clock.advance(100)
    expect((await absence(a)).message).toMatch('after 1 restart within 5000 ms; the last cause: told to')
  })

  test('names a supervisor that gave up under another', async () => {
    await using at = await system({ name: 'top', restartsMax: 0 })
    await at.supervise(childSupervisor('below', { restartsMax: 0, children: [at.make('a')] }), at.make('b'))
    const [a, b] = [at.ref('a'), at.ref('b')]
    await crashes(a, 1)
    expect((await absence(a)).message).toMatch('supervisor below gave up')
    expect((await absence(b)).message).toMatch('the last cause: a supervisor below it gave up (restart-intensity)')
  })

  test('says what kept it from starting at all', async () => {
    await using at = await system({ name: 'pool' })
    let a: ActorRef<typeof Child> | undefined
    const told: Told = {
      log: at.log,
      name: 'b',
      get failures() {
        a ??= at.ref('a')
        return 1
      },
      set failures(_) {},
    }
    const started = at.supervise(at.make('a'), child(Child, told, { name: 'b' }))
    await expect(started).rejects.toMatchObject({ code: 'foundation/supervisor-start-failed' })
    expect((await absence(a as ActorRef<typeof Child>)).data.reason).toBe(
      'supervisor pool gave up before all had started; the cause: "b": could not start: b will not start',
    )
  })

  test('says nothing of it once the name was taken again, nor after a supervisor that was asked to stop', async () => {
    await using at = await system({ restartsMax: 0 })
    const spawn = () => at.node.spawn(Child, { log: at.log, name: 'a' }, { name: 'a' })
    await at.supervise(at.make('a'))
    const a = at.ref('a')
    await crashes(a, 1)
    expect((await absence(a)).message).toMatch('gave up')
    await at.node.stop(await spawn())
    expect((await absence(a)).message).toBe('"a": there is no such actor')
    const supervisor = await at.supervise(at.make('b'))
    const b = at.ref('b')
    await supervisor.stop()
    expect(await absence(b)).toMatchObject({ message: '"b": there is no such actor', data: { actor: '"b"' } })
  })

  test('says it to one spawned with a restart of its own, and to who was sent the reference', async () => {
    await using at = await system({}, true)
    const a = await at.node.spawn(
      Child,
      { log: at.log, name: 'a' },
      { name: 'a', restart: 'permanent', restartsMax: 0 },
    )
    await crashes(a, 1)
    const { message } = await absence(a)
    expect(message).toMatch('supervisor a gave up after 0 restarts')
    const Asker = defineActor(import.meta.url, {
      name: 'asker',
      version: 1,
      init: () => 0,
      calls: { ask: { run: async (s, ref: ActorRef<typeof Child>) => [s, (await absence(ref)).message] } },
    })
    const asker = await at.node.spawn(Asker, undefined)
    expect(await asker.call('ask', a)).toBe(message)
  })
})
