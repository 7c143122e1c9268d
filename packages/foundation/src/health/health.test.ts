import { describe, expect, test } from 'vitest'
import { MabeamError } from '../errors.ts'
import { startNode } from '../node/node.ts'
import { collectTelemetry, settled, virtualClock } from '../testing/index.ts'
import { createHealth, type HealthPartOptions } from './health.ts'
import type { HealthSources } from './health-sources.ts'
import type { EventLoopDelay } from './machine-measurements.ts'

const calm: EventLoopDelay = { meanMs: 1, p99Ms: 2, maxMs: 3 }

/** A health part of measurements that the test sets. */
function part(sources: HealthSources = {}, options: HealthPartOptions = {}) {
  const clock = virtualClock()
  const telemetry = collectTelemetry()
  const machine = { delay: calm, residentBytes: 1, heapUsedBytes: 1, closed: 0 }
  const health = createHealth(
    { system: 'test', name: 'n1', clock, telemetry },
    {
      memory: () => ({ ...machine, memoryBytes: 100, heapBytesMax: 100 }),
      eventLoopDelay: { read: () => machine.delay, close: () => void machine.closed++ },
      ...sources,
    },
    options,
  )
  return {
    clock,
    telemetry,
    machine,
    health,
    async [Symbol.asyncDispose]() {
      await health.close()
      expect(clock.pendingTimers).toBe(0)
      expect(machine.closed).toBe(1)
    },
  }
}

const never = () => new Promise<never>(() => {})

describe('report', () => {
  test('a node without worries is healthy, live and ready, and the report is plain data', async () => {
    await using one = part({ actors: () => 4, actorsMax: 10 })
    await one.clock.advance(1_000)
    const report = one.health.report()
    expect(report).toMatchObject({
      status: 'healthy',
      system: 'test',
      node: 'n1',
      reasons: [],
      checks: [],
      cluster: null,
    })
    expect(report.measurements).toMatchObject({ uptimeMs: 1_000, actors: 4, actorsMax: 10 })
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
    expect([one.health.live(), one.health.ready()]).toEqual([
      { ok: true, reasons: [] },
      { ok: true, reasons: [] },
    ])
  })

  test('the event loop is as in the worse of the last two samples', async () => {
    await using one = part()
    const p99 = () => one.health.report().measurements.eventLoopDelay.p99Ms
    one.machine.delay = { ...calm, p99Ms: 2_000 }
    await one.clock.advance(5_000)
    one.machine.delay = calm
    await one.clock.advance(5_000)
    expect([p99(), one.health.live().ok]).toEqual([2_000, false])
    await one.clock.advance(5_000)
    expect([p99(), one.health.live().ok]).toEqual([2, true])
  })

  test('members make a report of the system, and a lost majority makes a node unfit for work but no reason to restart', async () => {
    const lost = { is: false }
    await using one = part({
      members: () => [{ name: 'n1', status: 'alive', load: 0, sinceMs: 0 }],
      expectedNodes: 1,
      hasMajority: () => !lost.is,
    })
    expect(one.health.report().cluster).toMatchObject({ status: 'healthy', expectedNodes: 1, actualNodes: 1 })
    lost.is = true
    expect(one.health.report().status).toBe('unhealthy')
    expect([one.health.ready().ok, one.health.live().ok]).toEqual([false, true])
  })

  test('mailboxes and counts come from their sources', async () => {
    await using one = part({
      mailboxes: () => [{ actor: '"slow"', size: 9, capacity: 10 }],
      lately: () => ({ restarts: 0, dropped: 3, windowMs: 60_000 }),
    })
    const { status, reasons } = one.health.report()
    expect([status, reasons.map((reason) => reason.area)]).toEqual(['degraded', ['mailbox', 'messages']])
    expect(one.health.ready().ok).toBe(true)
  })

  test('a source that throws is a reason of the report, and everything else is told as ever', async () => {
    const fails = (): never => {
      throw new Error('it is closed')
    }
    function* failsLater() {
      yield { actor: 'a', size: 1, capacity: 1 }
      fails()
    }
    await using one = part({ actors: fails, members: fails, mailboxes: failsLater, memory: fails, lately: fails })
    await one.clock.advance(5_000)
    const { status, reasons } = one.health.report()
    expect(status).toBe('degraded')
    const sources = ['memory', 'actors', 'mailboxes', 'lately', 'members']
    expect(reasons.map((reason) => reason.sentence)).toEqual(
      sources.map((it) => `${it} can't be measured: it is closed`),
    )
    expect([one.health.live().ok, one.health.ready().ok]).toEqual([true, true])
  })

  test('a real node is measured by the machine', async () => {
    const clock = virtualClock()
    await using node = await startNode({ clock })
    await using health = createHealth(node, { actors: () => node.actors })
    const { status, measurements } = health.report()
    expect(['healthy', 'degraded', 'unhealthy']).toContain(status)
    expect(measurements.memory.residentBytes).toBeGreaterThan(0)
  })

  test('a change of status is told once', async () => {
    await using one = part()
    await one.clock.advance(5_000)
    one.machine.residentBytes = 99
    await one.clock.advance(10_000)
    one.machine.residentBytes = 1
    await one.clock.advance(10_000)
    const told = one.telemetry.named('foundation.health-changed')
    expect(told.map(({ metadata }) => [metadata.before, metadata.status])).toEqual([
      ['healthy', 'unhealthy'],
      ['unhealthy', 'healthy'],
    ])
    expect(told[0]).toMatchObject({ measurements: { reasons: 1 }, metadata: { node: 'n1' } })
  })
})

describe('checks', () => {
  test('a check is unknown and the node not ready until it has answered', async () => {
    await using one = part()
    const answer = Promise.withResolvers<void>()
    one.health.check('database', () => answer.promise)
    expect(one.health.ready()).toEqual({ ok: false, reasons: ['the check database has not answered yet'] })
    expect(one.health.report()).toMatchObject({ status: 'healthy', checks: [{ name: 'database', status: 'unknown' }] })
    answer.resolve()
    await settled()
    expect(one.health.ready()).toEqual({ ok: true, reasons: [] })
  })

  test('a failing one is named with its cause, told once, and told again when it passes', async () => {
    await using one = part()
    const state = { fails: true }
    one.health.check('database', () => {
      if (state.fails) throw new Error('connection refused')
    })
    await one.clock.advance(20_000)
    expect(one.health.ready()).toEqual({ ok: false, reasons: ['the check database fails: connection refused'] })
    expect(one.health.live().ok).toBe(true)
    state.fails = false
    await one.clock.advance(10_000)
    expect(one.health.ready().ok).toBe(true)
    const failed = one.telemetry.named('foundation.health-check-failed')
    expect(failed).toHaveLength(1)
    expect(failed[0]?.metadata).toEqual({ node: 'n1', check: 'database', failure: 'connection refused' })
    expect(one.telemetry.named('foundation.health-check-passed')).toHaveLength(1)
  })

  test('one that is not critical degrades the node and leaves it ready', async () => {
    await using one = part()
    one.health.check('mail', () => false, { critical: false })
    await settled()
    expect(one.health.report()).toMatchObject({
      status: 'degraded',
      reasons: [{ sentence: 'the check mail fails: it said false' }],
    })
    expect(one.health.ready().ok).toBe(true)
  })

  test('one that takes too long is aborted and fails, and is not begun again while it runs', async () => {
    await using one = part()
    const signals: AbortSignal[] = []
    one.health.check(
      'stuck',
      (signal) => {
        signals.push(signal)
        return never()
      },
      { timeoutMs: 1_000, intervalMs: 10 },
    )
    await one.clock.advance(999)
    expect(signals.map((signal) => signal.aborted)).toEqual([false])
    await one.clock.advance(60_000)
    expect(signals.map((signal) => signal.aborted)).toEqual([true])
    expect(one.health.ready().reasons).toEqual(['the check stuck fails: no answer within 1000 ms, and it still runs'])
  })

  test('it ends when it is taken away: no timer is left, its signal aborts, its name is free', async () => {
    await using one = part()
    let aborted = false
    const end = one.health.check('database', (signal) => {
      signal.addEventListener('abort', () => {
        aborted = true
      })
      return never()
    })
    end()
    end()
    expect([aborted, one.clock.pendingTimers, one.health.report().checks]).toEqual([true, 1, []])
    one.health.check('database', () => true)
    end()
    expect(one.health.report().checks).toHaveLength(1)
  })

  test('so many checks and not one more, no name twice, no bad options', async () => {
    await using one = part({}, { checksMax: 2 })
    one.health.check('a', () => true)
    one.health.check('b', () => true)
    const code = (run: () => unknown) => {
      try {
        run()
      } catch (thrown) {
        return thrown instanceof MabeamError && thrown.code
      }
    }
    expect(code(() => one.health.check('c', () => true))).toBe('foundation/limit-reached')
    expect(code(() => one.health.check('a', () => true))).toBe('foundation/invalid-option')
    expect(() => one.health.check('', () => true)).toThrow('check: name: expected a non-empty string, got ""')
    expect(() => one.health.check('c', () => true, { every: 1 } as object)).toThrow('check: unknown option "every"')
    expect(() => one.health.check('c', () => true, { timeoutMs: 0 })).toThrow(
      'check: timeoutMs: expected a number from 1',
    )
  })
})

describe('close', () => {
  test('ends checks and sampling, waits for no check, and is neither live nor ready then', async () => {
    await using one = part()
    one.health.check('stuck', never)
    await one.health.close()
    await one.health.close()
    expect(one.clock.pendingTimers).toBe(0)
    expect([one.health.live().ok, one.health.ready().ok]).toEqual([false, false])
    expect(() => one.health.check('late', () => true)).toThrow('the health part of node n1 is closed')
  })

  test('impossible options are refused', () => {
    const port = { system: 'test', name: 'n1', clock: virtualClock(), telemetry: collectTelemetry() }
    expect(() => createHealth(port, {}, { sampleMs: 0 })).toThrow('createHealth: sampleMs: expected a number from 1')
    expect(() => createHealth(port, { member: () => [] } as object)).toThrow('did you mean "members"?')
    expect(() => createHealth(port, {}, { thresholds: { delayDegradedMs: -1 } })).toThrow('delayDegradedMs')
  })
})

describe('the health of a node that is alone', () => {
  test('sees the others from when it is one of a system, also where it was asked before', async () => {
    const clock = virtualClock()
    await using node = await startNode({ clock, name: 'n1' })
    const health = await node.health()
    expect(health.report().cluster).toBeNull()
    const joining = node.membership()
    await clock.advance(2_000)
    await joining
    expect(health.report().cluster).toMatchObject({ expectedNodes: 1, actualNodes: 1 })
  })
})
