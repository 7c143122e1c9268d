import { describe, expect, test } from 'vitest'
import { defineActor } from '../actors/actor.ts'
import type { ActorRef } from '../actors/actor-ref.ts'
import { startNode } from '../node/node.ts'
import type { NodeOptions } from '../node/node-options.ts'
import { seededRandom } from '../random.ts'
import { collectTelemetry, settled, virtualClock } from '../testing/index.ts'
import { child, childDynamic, type DynamicSupervisorOptions } from './supervisor-options.ts'

interface Plan {
  readonly log: string[]
  /** How many times `init` fails before it succeeds. */
  failures?: number
  readonly hangs?: 'init' | 'stop'
  readonly waits?: boolean
}

const forEver = () => new Promise<never>(() => {})

const Session = defineActor(import.meta.url, {
  name: 'session',
  version: 1,
  init: (plan: Plan) => {
    if ((plan.failures ?? 0) > 0) {
      plan.failures = (plan.failures ?? 0) - 1
      throw new Error('not yet')
    }
    plan.log.push('start')
    if (plan.hangs === 'init') return forEver()
    return plan.waits ? Promise.resolve(plan) : plan
  },
  calls: { ping: { run: (s) => [s, 'pong'] } },
  casts: {
    crash: {
      run: () => {
        throw new Error('told to')
      },
    },
  },
  stop: async (s) => {
    s.log.push('stop')
    if (s.hangs === 'stop') await forEver()
  },
})

async function system(options: DynamicSupervisorOptions = {}, nodeOptions: NodeOptions = {}) {
  const clock = virtualClock()
  const telemetry = collectTelemetry()
  const node = await startNode({ name: 'n1', clock, telemetry, random: seededRandom(1), ...nodeOptions })
  const pool = await node.superviseDynamic({ name: 'pool', ...options })
  return { node, clock, telemetry, pool, [Symbol.asyncDispose]: () => node.close() }
}

const crash = async (ref: ActorRef<typeof Session>) => {
  ref.cast('crash')
  await settled()
}

describe('superviseDynamic', () => {
  test('starts children as they come, restarts them, and stops one or all', async () => {
    await using at = await system()
    const logs = [[], [], []] as string[][]
    const [a, b] = await Promise.all([
      at.pool.startChild(Session, { log: logs[0] as string[] }, { name: 'a' }),
      at.pool.startChild(Session, { log: logs[1] as string[], waits: true }, { name: 'b' }),
      at.pool.startChild(Session, { log: logs[2] as string[] }, { restart: 'temporary' }),
    ])
    expect(at.pool.count).toBe(3)
    await crash(a)
    expect(await a.call('ping')).toBe('pong')
    expect(logs[0]).toEqual(['start', 'start'])
    expect(await at.pool.stopChild(b)).toEqual({ type: 'shutdown' })
    expect([at.pool.count, at.node.find(Session, 'b')]).toEqual([2, undefined])
    await expect(at.pool.stopChild(b)).rejects.toMatchObject({ code: 'foundation/no-such-child' })
    await at.pool.stop()
    await at.pool.stop()
    expect(await at.pool.stopped).toEqual({ type: 'shutdown' })
    expect(logs).toEqual([
      ['start', 'start', 'stop'],
      ['start', 'stop'],
      ['start', 'stop'],
    ])
    expect([at.pool.count, at.node.actors]).toEqual([0, 0])
    await expect(at.pool.startChild(Session, { log: [] })).rejects.toMatchObject({
      code: 'foundation/supervisor-stopping',
    })
  })

  test('takes children up to childrenMax and refuses one more', async () => {
    await using at = await system({ childrenMax: 2 })
    const first = await at.pool.startChild(Session, { log: [] })
    await at.pool.startChild(Session, { log: [] })
    const refused = at.pool.startChild(Session, { log: [] })
    await expect(refused).rejects.toThrow('supervisor pool: childrenMax: expected at most 2, got one more')
    await at.pool.stopChild(first)
    await at.pool.startChild(Session, { log: [] })
  })

  test('a first start that fails is the caller’s to try again, one during a restart is not', async () => {
    await using at = await system()
    const plan: Plan = { log: [], failures: 1 }
    await expect(at.pool.startChild(Session, plan, { name: 's' })).rejects.toMatchObject({
      code: 'foundation/actor-init-failed',
    })
    expect([at.pool.count, at.node.actors]).toEqual([0, 0])
    const s = await at.pool.startChild(Session, plan, { name: 's' })
    plan.failures = 2
    await crash(s)
    expect(await s.call('ping')).toBe('pong')
    plan.failures = 9
    await crash(s)
    expect(await at.pool.stopped).toEqual({ type: 'gave-up', cause: 'restart-intensity' })
  })

  test('gives up when all children together crash too often, and ends them all', async () => {
    await using at = await system({ restartsMax: 3, windowMs: 1_000 })
    const log: string[] = []
    const refs = await Promise.all(['a', 'b', 'c'].map((name) => at.pool.startChild(Session, { log }, { name })))
    for (const ref of refs) await crash(ref)
    expect(await Promise.all(refs.map((ref) => ref.call('ping')))).toEqual(['pong', 'pong', 'pong'])
    await crash(refs[0] as ActorRef<typeof Session>)
    expect(await at.pool.stopped).toEqual({ type: 'gave-up', cause: 'restart-intensity' })
    expect(log.slice(-2)).toEqual(['stop', 'stop'])
    expect(at.telemetry.named('foundation.child-restarted')).toHaveLength(3)
    expect(at.telemetry.named('foundation.supervisor-stopped')).toMatchObject([
      { metadata: { supervisor: 'pool', reason: 'restart-intensity' } },
    ])
  })

  test('waits out the back-off; callers are told to try again; a child that waits can be stopped', async () => {
    const backoff = { firstMs: 100, factor: 3, maxMs: 1_000, jitter: 0 }
    await using at = await system({ restartsMax: 10, backoff })
    const log: string[] = []
    const s = await at.pool.startChild(Session, { log }, { name: 's' })
    for (const delayMs of [100, 300, 900, 1_000]) {
      await crash(s)
      await at.clock.advance(delayMs - 1)
      await expect(s.call('ping')).rejects.toMatchObject({ code: 'foundation/no-such-actor', retryable: true })
      expect(at.pool.tree().children[0]).toMatchObject({ id: 's', status: 'waiting', lastExit: { type: 'crashed' } })
      await at.clock.advance(1)
      expect(await s.call('ping')).toBe('pong')
    }
    await at.clock.advance(5_000)
    await crash(s)
    await at.clock.advance(100)
    expect(await s.call('ping')).toBe('pong')
    await crash(s)
    expect(await at.pool.stopChild(s)).toMatchObject({ type: 'crashed' })
    expect([at.pool.count, at.node.find(Session, 's')]).toEqual([0, undefined])
    await at.pool.startChild(Session, { log }, { name: 's' })
    await crash(s)
    await at.pool.stop()
    await at.node.close()
    expect(at.clock.pendingTimers).toBe(0)
  })

  test('what hangs in init or in stop is ended by force, all at the same time', async () => {
    await using at = await system()
    const log: string[] = []
    const hanging = at.pool.startChild(Session, { log, hangs: 'init' }, { startMs: 60 })
    const outcome = expect(hanging).rejects.toMatchObject({ code: 'foundation/start-timeout', data: { startMs: 60 } })
    await at.clock.advance(60)
    await outcome
    const never = at.pool.startChild(Session, { log, hangs: 'init' }, { shutdownMs: 50 })
    const stopped = expect(never).rejects.toMatchObject({ code: 'foundation/actor-stopped' })
    for (const _ of [1, 2]) await at.pool.startChild(Session, { log, hangs: 'stop' }, { shutdownMs: 50 })
    const stopping = at.pool.stop()
    await at.clock.advance(50)
    await Promise.all([stopping, stopped])
    expect([at.node.actors, at.clock.pendingTimers]).toEqual([0, 0])
  })

  test('its tree lists what it has, and no more than a thousand', async () => {
    await using at = await system({ childrenMax: 2_000 }, { codec: false })
    for (let i = 0; i < 1_001; i++) await at.pool.startChild(Session, { log: [] })
    const tree = at.pool.tree()
    expect(tree).toMatchObject({ name: 'pool', strategy: 'dynamic', phase: 'running', childCount: 1_001 })
    expect(tree.children).toHaveLength(1_000)
    expect(tree.children[0]).toMatchObject({ restart: 'permanent', status: 'running', restarts: 0 })
  })

  test('under a supervisor it begins empty again when it has given up', async () => {
    await using at = await system()
    const top = await at.node.supervise({ children: [childDynamic('sessions', { restartsMax: 1 })] })
    const first = top.dynamic('sessions')
    const s = await first?.startChild(Session, { log: [] }, { name: 's' })
    if (s === undefined) throw new Error('it does not run')
    await crash(s)
    await crash(s)
    const second = top.dynamic('sessions')
    expect([second === first, second?.count, at.node.find(Session, 's')]).toEqual([false, 0, undefined])
    expect(top.tree().children[0]).toMatchObject({
      restarts: 1,
      lastExit: { type: 'gave-up', cause: 'restart-intensity' },
      supervisor: { strategy: 'dynamic', childCount: 0 },
    })
    await second?.startChild(Session, { log: [] }, { name: 's' })
    await top.stop()
    expect(at.node.actors).toBe(0)
  })

  test('impossible options are refused by name, a stopped node starts nothing', async () => {
    const at = await system()
    await expect(at.node.superviseDynamic({ childrenMax: 0 })).rejects.toThrow(
      'superviseDynamic: childrenMax: expected',
    )
    await expect(at.node.superviseDynamic({ backoff: { first: 1 } as never })).rejects.toThrow(
      'superviseDynamic: backoff: unknown option "first"; did you mean "firstMs"?',
    )
    await expect(at.pool.startChild(Session, { log: [] }, { id: 'x' } as never)).rejects.toThrow('unknown option "id"')
    await at.pool.startChild(Session, { log: [] }, { name: 'x' })
    await expect(at.pool.startChild(Session, { log: [] }, { name: 'x' })).rejects.toMatchObject({
      code: 'foundation/name-taken',
    })
    expect(at.pool.count).toBe(1)
    await at.node.close()
    await expect(at.node.superviseDynamic()).rejects.toMatchObject({ code: 'foundation/node-stopped' })
  })
})

describe('a call by name after a dynamic supervisor gave up', () => {
  const reasonOf = async (ref: ActorRef<typeof Session>) => {
    const { code, data } = await ref.call('ping').catch((thrown) => thrown)
    return code === 'foundation/no-such-actor' ? data.reason : code
  }

  test('says after how many restarts, and what came last', async () => {
    await using at = await system({ restartsMax: 1, windowMs: 1_000 })
    const a = await at.pool.startChild(Session, { log: [] }, { name: 'a' })
    const b = await at.pool.startChild(Session, { log: [], hangs: 'stop' }, { name: 'b', shutdownMs: 500 })
    await crash(a)
    await crash(a)
    const reason = 'supervisor pool gave up after 1 restart within 1000 ms; the last cause: told to'
    expect(await reasonOf(a)).toBe(reason)
    await at.clock.advance(500)
    expect([await reasonOf(a), await reasonOf(b)]).toEqual([reason, reason])
    await at.node.superviseDynamic().then((next) => next.startChild(Session, { log: [] }, { name: 'a' }))
    expect(await a.call('ping')).toBe('pong')
  })

  test('names what a restart threw, and says nothing of children that ended before', async () => {
    await using at = await system({ restartsMax: 1 })
    const plan: Plan = { log: [], failures: 0 }
    const a = await at.pool.startChild(Session, plan, { name: 'a' })
    const b = await at.pool.startChild(Session, { log: [] }, { name: 'b', restart: 'temporary' })
    await crash(b)
    plan.failures = 2
    await crash(a)
    expect(await reasonOf(a)).toMatch('the last cause: "a": could not start: not yet')
    expect(await reasonOf(b)).toBeUndefined()
  })

  test('says it where the supervisor above gave up', async () => {
    await using at = await system()
    const top = await at.node.supervise({
      name: 'top',
      restartsMax: 0,
      children: [childDynamic('pool'), child(Session, { log: [] }, { name: 'b' })],
    })
    const a = await top.dynamic('pool')?.startChild(Session, { log: [] }, { name: 'a' })
    await crash(at.node.find(Session, 'b') as ActorRef<typeof Session>)
    expect(await reasonOf(a as ActorRef<typeof Session>)).toMatch('supervisor top gave up after 0 restarts')
  })
})
