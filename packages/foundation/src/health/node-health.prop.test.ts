import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ContractCase, failingCases } from '../testing/index.ts'
import { healthThresholdsDefaults, type JudgeNode, type NodeMeasurements, nodeHealth } from './node-health.ts'

const mib = 2 ** 20

/** Nothing is wrong. */
const well: NodeMeasurements = {
  uptimeMs: 60_000,
  eventLoopDelay: { meanMs: 1, p99Ms: 3, maxMs: 20 },
  memory: { residentBytes: 200 * mib, memoryBytes: 1_000 * mib, heapUsedBytes: 50 * mib, heapBytesMax: 500 * mib },
  actors: 10,
  actorsMax: 100,
  mailboxes: { total: 3, actors: 10, fullest: [{ actor: '"a"', size: 3, capacity: 100 }] },
  lately: { restarts: 0, dropped: 0, windowMs: 60_000 },
}

const delay = (p99Ms: number): Partial<NodeMeasurements> => ({ eventLoopDelay: { meanMs: 1, p99Ms, maxMs: p99Ms } })
const resident = (share: number) => ({ memory: { ...well.memory, residentBytes: share * well.memory.memoryBytes } })
const heap = (share: number) => ({ memory: { ...well.memory, heapUsedBytes: share * well.memory.heapBytesMax } })
const mailbox = (size: number) => ({
  mailboxes: { total: size, actors: 1, fullest: [{ actor: '"slow"', size, capacity: 100 }] },
})
const lately = (restarts: number, dropped: number) => ({ lately: { restarts, dropped, windowMs: 60_000 } })

type Row = readonly [measured: Partial<NodeMeasurements>, area: string | undefined, status: string, option?: string]

/** Each bound, at it and just before it. */
const rows: readonly Row[] = [
  [{}, undefined, 'healthy'],
  [delay(99.9), undefined, 'healthy'],
  [delay(100), 'event-loop', 'degraded', 'isolation'],
  [delay(999), 'event-loop', 'degraded'],
  [delay(1_000), 'event-loop', 'unhealthy'],
  [{ eventLoopDelay: { ...well.eventLoopDelay, maxMs: 999 } }, undefined, 'healthy'],
  [{ eventLoopDelay: { ...well.eventLoopDelay, maxMs: 1_000 } }, 'event-loop', 'degraded'],
  [resident(0.84), undefined, 'healthy'],
  [resident(0.85), 'memory', 'degraded', 'actorsMax'],
  [resident(0.95), 'memory', 'unhealthy'],
  [heap(0.84), undefined, 'healthy'],
  [heap(0.85), 'memory', 'degraded', '--max-old-space-size'],
  [heap(0.95), 'memory', 'unhealthy'],
  [mailbox(79), undefined, 'healthy'],
  [mailbox(80), 'mailbox', 'degraded', 'mailboxCapacity'],
  [mailbox(100), 'mailbox', 'degraded'],
  [{ actors: 79 }, undefined, 'healthy'],
  [{ actors: 80 }, 'actors', 'degraded', 'actorsMax'],
  [{ actors: 100 }, 'actors', 'unhealthy'],
  [{ actors: 1e9, actorsMax: 0 }, undefined, 'healthy'],
  [lately(4, 0), undefined, 'healthy'],
  [lately(5, 0), 'restarts', 'degraded', 'backoff'],
  [lately(100, 0), 'restarts', 'unhealthy'],
  [lately(0, 1), 'messages', 'degraded', 'overflow'],
]

function boundsOf(judge: JudgeNode): readonly ContractCase[] {
  return rows.map(([measured, area, status, option], i) => ({
    name: `row ${i}: ${area ?? 'nothing'} is ${status}`,
    async run() {
      const health = judge({ ...well, ...measured })
      assert.equal(health.status, status)
      assert.deepEqual(
        health.reasons.map((one) => one.area),
        area === undefined ? [] : [area],
      )
      if (option !== undefined) assert.ok(health.reasons[0]?.recommendation.includes(option))
    },
  }))
}

const ranks = { healthy: 0, degraded: 1, unhealthy: 2 }

const someMeasurements = fc.record({
  p99Ms: fc.nat(2_000),
  resident: fc.nat(100),
  heap: fc.nat(100),
  size: fc.nat(100),
  actors: fc.nat(100),
  restarts: fc.nat(200),
  dropped: fc.nat(3),
})
type Some = typeof someMeasurements extends fc.Arbitrary<infer T> ? T : never

function measurementsOf(some: Some): NodeMeasurements {
  return {
    ...well,
    ...delay(some.p99Ms),
    memory: { ...resident(some.resident / 100).memory, heapUsedBytes: (some.heap / 100) * well.memory.heapBytesMax },
    ...mailbox(some.size),
    ...lately(some.restarts, some.dropped),
    actors: some.actors,
  }
}

function lawsOf(judge: JudgeNode): readonly ContractCase[] {
  return [
    {
      name: 'a measurement that gets worse never makes the status better',
      async run() {
        fc.assert(
          fc.property(
            someMeasurements,
            fc.constantFrom<keyof Some>('p99Ms', 'resident', 'heap', 'size', 'actors', 'restarts', 'dropped'),
            fc.nat(1_000),
            (some, key, more) => {
              const worse = { ...some, [key]: some[key] + more }
              const [before, after] = [judge(measurementsOf(some)), judge(measurementsOf(worse))]
              assert.ok(ranks[after.status] >= ranks[before.status], `${key}: ${before.status} to ${after.status}`)
            },
          ),
          { seed: 11, numRuns: 1_000 },
        )
      },
    },
    {
      name: 'the status is that of the worst reason',
      async run() {
        fc.assert(
          fc.property(someMeasurements, (some) => {
            const { status, reasons } = judge(measurementsOf(some))
            assert.equal(ranks[status], Math.max(0, ...reasons.map((one) => ranks[one.severity])))
          }),
          { seed: 12 },
        )
      },
    },
    ...boundsOf(judge),
  ]
}

describe('nodeHealth', () => {
  for (const { name, run } of lawsOf(nodeHealth)) test(name, run)

  test.each<[string, JudgeNode]>([
    ['what is at the bound is still well', (m) => nodeHealth({ ...m, ...delay(m.eventLoopDelay.p99Ms - 1e-9) })],
    ['only the mean delay counts', (m) => nodeHealth({ ...m, ...delay(m.eventLoopDelay.meanMs) })],
    ['the heap is forgotten', (m) => nodeHealth({ ...m, memory: { ...m.memory, heapUsedBytes: 0 } })],
    ['the resident memory is forgotten', (m) => nodeHealth({ ...m, memory: { ...m.memory, residentBytes: 0 } })],
    ['a node that is full with actors is said to be well', (m) => nodeHealth({ ...m, actors: m.actors % m.actorsMax })],
    ['an unknown limit of actors is taken for 1', (m) => nodeHealth({ ...m, actorsMax: Math.max(1, m.actorsMax) })],
    ['dropped messages are forgotten', (m) => nodeHealth({ ...m, lately: { ...m.lately, dropped: 0 } })],
    [
      'many restarts are no worse than some',
      (m) => nodeHealth({ ...m, lately: { ...m.lately, restarts: Math.min(99, m.lately.restarts) } }),
    ],
    [
      'a full mailbox makes the node unhealthy',
      (m) => {
        const health = nodeHealth(m)
        return health.reasons.some((one) => one.area === 'mailbox') ? { ...health, status: 'unhealthy' } : health
      },
    ],
    [
      'the last reason decides',
      (m) => {
        const { reasons } = nodeHealth(m)
        return { reasons, status: reasons.at(-1)?.severity ?? 'healthy' }
      },
    ],
  ])('a judge by whom %s is caught', async (_, mutant) => {
    expect(await failingCases(lawsOf(mutant))).not.toEqual([])
  })

  test('thresholds move the bounds, and impossible ones are refused', () => {
    expect(nodeHealth({ ...well, ...delay(50) }, { delayDegradedMs: 50 }).status).toBe('degraded')
    expect(() => nodeHealth(well, { memoryDegradedShare: 1.1 })).toThrow(
      'health: thresholds: memoryDegradedShare: expected a number from 0 to 1, got 1.1',
    )
    expect(() => nodeHealth(well, { delayMs: 1 } as object)).toThrow(/unknown option "delayMs"/)
    expect(Object.keys(healthThresholdsDefaults)).toHaveLength(9)
  })

  test('of several mailboxes the relatively fullest is named', () => {
    const fullest = [
      { actor: '"wide"', size: 500, capacity: 10_000 },
      { actor: '"narrow"', size: 9, capacity: 10 },
    ]
    const { reasons } = nodeHealth({ ...well, mailboxes: { total: 509, actors: 2, fullest } })
    expect(reasons[0]?.sentence).toBe('the mailbox of "narrow" is 90 % full (9 of 10)')
  })
})
