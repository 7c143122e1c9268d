/** The verdict of a run finds what is planted into the history of a good one. */

import type { HistoryEvent } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { missingForPeace, type RunFacts, runVerdicts } from './fault-verdicts.ts'
import type { FaultyNodeView } from './faulty-node.ts'
import { TokenSink } from './token-sink.ts'

interface Done {
  readonly process: string
  readonly op: string
  readonly key: string
  readonly input?: unknown
  readonly output?: unknown
}

/** One after the other, 10 ms each, from the given time. */
function history(all: readonly Done[], fromMs = 0): readonly HistoryEvent[] {
  return all.flatMap((one, i) => {
    const { output, ...event } = one
    const atMs = fromMs + i * 10
    return [
      { ...event, type: 'invoke' as const, atMs },
      { ...event, type: 'ok' as const, output, atMs: atMs + 5 },
    ]
  })
}

const good: readonly Done[] = [
  { process: 'n1.1/push', op: 'push', key: 't1' },
  { process: 'n2.1/task-t1', op: 'done', key: 't1' },
  { process: 'n3.1/task-t1', op: 'done', key: 't1' },
  { process: 'n1.1/claim-4', op: 'claim', key: 'ledger', output: { token: 4 } },
  { process: 'n1.1/claim-4', op: 'effect', key: 'guarded', input: { token: 4 } },
  // Told of late: it was paused between its claim and its start.
  { process: 'n2.1/claim-9', op: 'claim', key: 'ledger', output: { token: 9 } },
  { process: 'n3.1/claim-6', op: 'claim', key: 'ledger', output: { token: 6 } },
  { process: 'n2.1/claim-9', op: 'effect', key: 'guarded', input: { token: 9 } },
  { process: 'n1.1/own', op: 'own', key: 'ann', input: { owner: 'n1/1' }, output: { epoch: 3 } },
  { process: 'n2.1/see', op: 'see', key: 'ann', output: { owner: 'n1/1', epoch: 3 } },
  { process: 'n1.1/cell-1', op: 'write', key: 'cell-1', input: 'a' },
  { process: 'n2.1/cell-1', op: 'cas', key: 'cell-1', input: { expected: 'a', next: 'b' }, output: true },
  { process: 'n3.1/cell-1', op: 'read', key: 'cell-1', output: 'b' },
]

function facts(more: Partial<RunFacts> = {}): RunFacts {
  const sink = new TokenSink()
  sink.take('n1.1/claim-4', 4, 100)
  sink.take('n2.1/claim-9', 9, 200)
  return { sink, ailments: [], serverDeaths: [{ fromMs: 0, untilMs: 9 }], faults: [], ...more }
}

function broken(more: readonly Done[], known: RunFacts = facts()): readonly string[] {
  return runVerdicts(known, [...history(good), ...history(more, 10_000)]).broken
}

describe('runVerdicts', () => {
  test('finds nothing wrong with a good run, and counts what happened', () => {
    const { broken, counts } = runVerdicts(facts(), history(good))
    expect(broken).toEqual([])
    expect(counts).toMatchObject({ tasksAcknowledged: 1, tasksDone: 1, tasksAgain: 1, claims: 3, effects: 2 })
    expect(counts).toMatchObject({ serverDeaths: 1, serverDeathsAlone: 1, evictions: 0, cells: 1, cellsUndecided: 0 })
  })

  test.each<[string, Done]>([
    ['no acknowledged task is lost', { process: 'n1.1/push', op: 'push', key: 't2' }],
    [
      'no effect at the guarded cell without a valid token',
      { process: 'n1.1/claim-4', op: 'effect', key: 'guarded', input: { token: 4 } },
    ],
    [
      'no effect at the sink without a valid token',
      { process: 'n4.1/claim-9', op: 'claim', key: 'ledger', output: { token: 9 } },
    ],
    [
      'no two owners of a name in one epoch',
      { process: 'n4.1/see', op: 'see', key: 'ann', output: { owner: 'n4/1', epoch: 3 } },
    ],
    ['strong cells are linearizable', { process: 'n4.1/cell-1', op: 'read', key: 'cell-1', output: 'a' }],
    ['nobody healthy is evicted', { process: 'n2.1/hold-9', op: 'hold', key: 'ledger' }],
  ])('finds that it does not hold: %s', (law, planted) => {
    const found = broken([planted])
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(law)
  })

  test('an effect at the sink under the token of another is found', () => {
    const sink = new TokenSink()
    sink.take('n4.1/claim-9', 9, 100)
    expect(broken([], facts({ sink }))).toEqual([expect.stringContaining('an effect under the token of another')])
  })

  test('who was ill may have been evicted, and a fault of a node breaks the run', () => {
    const evicted: Done = { process: 'n2.1/hold-9', op: 'hold', key: 'ledger' }
    expect(broken([evicted], facts({ ailments: [{ process: 'n2.', fromMs: 0, untilMs: 10_000 }] }))).toEqual([])
    expect(broken([evicted], facts({ ailments: [{ process: 'n3.', fromMs: 0, untilMs: 10_000 }] }))).toHaveLength(1)
    expect(broken([], facts({ faults: ['n1 ended with 1'] }))).toEqual(['n1 ended with 1'])
  })

  test('a sink takes nothing under a lower token, and counts it', () => {
    const sink = new TokenSink()
    sink.take('p', 9, 1)
    sink.take('q', 4, 2)
    sink.take('p', 9, 3)
    expect([sink.events.length, sink.refused, sink.lastProcess]).toEqual([4, 1, 'p'])
  })
})

describe('missingForPeace', () => {
  const view: FaultyNodeView = {
    members: ['n1', 'n2'],
    owners: { ann: 'n1/1' },
    running: [],
    holds: false,
    eventual: [3, [1], 'x'],
    tasks: { waiting: 0, underWay: 0, dead: 0 },
  }
  const n1 = { ...view, running: ['ann'], holds: true }
  const peace = (one: Partial<FaultyNodeView>, other: Partial<FaultyNodeView> = {}) =>
    missingForPeace(
      new Map([
        ['n1', { ...n1, ...one }],
        ['n2', { ...view, ...other }],
      ]),
    )

  test('nothing is missing when all nodes hold the same', () => {
    expect(peace({})).toBeUndefined()
  })

  test.each<[string, Partial<FaultyNodeView>, Partial<FaultyNodeView>]>([
    ['n2 sees n2', {}, { members: ['n2'] }],
    ['1 are dead', { tasks: { waiting: 0, underWay: 0, dead: 1 } }, {}],
    ['0 hold the singleton', { holds: false }, {}],
    ['2 hold the singleton: n1,n2', {}, { holds: true }],
    ['owners: replicas differ', {}, { owners: {} }],
    ['eventual: replicas differ', {}, { eventual: [4, [1], 'x'] }],
    ["ann is n1/1's, and runs on none", { running: [] }, {}],
    ["ann is n1/1's, and runs on n1,n2", {}, { running: ['ann'] }],
    ['n2 runs a name that nobody has', {}, { running: ['bob'] }],
  ])('says that %s', (sentence, one, other) => {
    expect(peace(one, other)).toContain(sentence)
  })
})
