import { describe, expect, test } from 'vitest'
import { type ProtocolRunOptions, runProtocol } from '../testing/protocol-run.ts'
import type { HierarchicalSpec } from './hierarchical-spec.ts'
import { hierarchy } from './hierarchy-laws.fixture.ts'
import { names, refusalOf } from './participants.fixture.ts'
import type { RepresentativeContext } from './seat-asks.ts'

const options = ['ship', 'wait']

/** Two regions of two teams of three each. */
const company: HierarchicalSpec = {
  options,
  hierarchy: {
    board: ['east', 'west'],
    east: ['red', 'blue'],
    west: ['green', 'black'],
    red: ['p0', 'p1', 'p2'],
    blue: ['p3', 'p4', 'p5'],
    green: ['p6', 'p7', 'p8'],
    black: ['p9', 'p10', 'p11'],
  },
}

type Run = Partial<ProtocolRunOptions<HierarchicalSpec>>

/** Everybody votes as it is told to, and carries up what it was sent to say. */
async function decided(spec: HierarchicalSpec, said: (from: string) => string, more: Run = {}) {
  return await runProtocol(hierarchy, {
    spec,
    participants: names(12),
    answer: (from, { question }) => {
      const { mandate } = (question.context ?? {}) as Partial<RepresentativeContext>
      return { value: { option: mandate?.option ?? said(from) }, afterMs: 1 }
    },
    ...more,
  })
}

const isIn = (from: string, ...places: number[]) => places.includes(Number(from.slice(1)))

describe('a hierarchy that was given', () => {
  test('decides from the bottom to the top, over three levels', async () => {
    const { outcome, asks, rounds } = await decided(company, (from) => (isIn(from, 0, 3, 6) ? 'wait' : 'ship'))
    expect(outcome).toMatchObject({ type: 'decided', value: 'ship', levels: 3, escalations: [], failures: [] })
    expect(outcome?.clusters.map(({ name, level, outcome: of }) => [name, level, of?.type])).toEqual([
      ['red', 1, 'decided'],
      ['blue', 1, 'decided'],
      ['east', 2, 'decided'],
      ['green', 1, 'decided'],
      ['black', 1, 'decided'],
      ['west', 2, 'decided'],
      ['board', 3, 'decided'],
    ])
    expect(rounds).toBe(3)
    // The first of each cluster is sent; from a region the first of its first team.
    expect(asks.filter(({ round }) => round > 1).map(({ to }) => to)).toEqual([
      ['p0'],
      ['p3'],
      ['p6'],
      ['p9'],
      ['p0'],
      ['p6'],
    ])
    expect(asks.at(-1)?.question.context).toEqual({ mandate: { cluster: 'west', value: 'ship', option: 'ship' } })
  })

  test('counts clusters by what their participants weigh', async () => {
    const weights = Object.fromEntries(names(12).map((id, place) => [id, place < 3 ? 10 : 1]))
    const { outcome } = await decided({ ...company, weights }, (from) => (isIn(from, 0, 1, 2) ? 'wait' : 'ship'))
    expect(outcome).toMatchObject({ type: 'decided', value: 'wait' })
  })

  test('has seats in the cluster above for those that could not decide', async () => {
    const spec = { ...company, decideBy: { kind: 'majority' } }
    const votes = (from: string) =>
      isIn(from, 0) ? 'ship' : isIn(from, 1) ? 'wait' : isIn(from, 2) ? 'abstain' : 'wait'
    const { outcome } = await decided(spec, votes)
    expect(outcome?.escalations).toEqual([{ from: 'red', to: 'east' }])
    expect(outcome?.clusters.find(({ name }) => name === 'east')?.seats).toEqual(['p0', 'p1', 'p2', 'blue'])
    expect(outcome).toMatchObject({ type: 'decided', value: 'wait' })
    const without = await decided({ ...spec, onUndecided: 'abstain' }, votes)
    expect(without.outcome?.clusters.find(({ name }) => name === 'east')?.seats).toEqual(['blue'])
    expect(without.outcome?.escalations).toEqual([])
  })

  test('says that the top did not decide', async () => {
    const { outcome } = await decided(company, (from) => (isIn(from, 0, 1, 2, 3, 4, 5) ? 'ship' : 'wait'))
    expect(outcome).toMatchObject({ type: 'undecided', reason: 'root-undecided' })
    expect(outcome?.clusters.at(-1)?.outcome).toMatchObject({ type: 'undecided', reason: 'tie' })
  })

  test('puts a proposal down as it accepts one', async () => {
    const { options: _, ...rest } = company
    const { outcome } = await decided({ ...rest, proposal: { buy: 'gpu' } }, () => 'reject')
    expect(outcome).toMatchObject({ type: 'rejected', proposal: { buy: 'gpu' } })
  })

  test('takes those who delegate out of their clusters', async () => {
    const delegations = { p0: 'p11', p1: 'p11', p2: 'p11', p3: 'p11', p4: 'p11', p5: 'p11' }
    const { outcome, asks } = await decided({ ...company, delegations }, (from) => (isIn(from, 11) ? 'wait' : 'ship'))
    expect(outcome).toMatchObject({ type: 'decided', value: 'wait' })
    expect(asks.some(({ to = [] }) => to.some((id) => Object.hasOwn(delegations, id)))).toBe(false)
  })
})

describe('a representative', () => {
  test('that is gone, or says something else, is replaced by the next', async () => {
    const { outcome, asks } = await runProtocol(hierarchy, {
      spec: company,
      participants: names(12),
      answer: (from, { ask }) => {
        if (!ask.includes('@')) return { value: { option: 'ship' } }
        if (isIn(from, 0)) return { absent: 'gone' }
        return { value: { option: isIn(from, 1) ? 'wait' : 'ship' } }
      },
    })
    expect(outcome).toMatchObject({ type: 'decided', value: 'ship' })
    expect(outcome?.failures).toEqual([
      { cluster: 'red', representative: 'p0', reason: 'gone' },
      { cluster: 'red', representative: 'p1', reason: 'faithless' },
      { cluster: 'east', representative: 'p0', reason: 'gone' },
      { cluster: 'east', representative: 'p1', reason: 'faithless' },
    ])
    expect(asks.every(({ ask, integrity }) => ask.includes('@') === (integrity === 'direct'))).toBe(true)
  })

  test('of a cluster of which none does its part leaves its seat empty', async () => {
    const { outcome } = await runProtocol(hierarchy, {
      spec: { ...company, representativesMax: 2 },
      participants: names(12),
      answer: (from, { ask }) => ({ value: { option: ask.includes('@') && isIn(from, 0, 1, 2) ? 'wait' : 'ship' } }),
    })
    const east = outcome?.clusters.find(({ name }) => name === 'east')?.outcome
    expect(east).toMatchObject({ type: 'decided', tally: { absent: { votes: 1 } } })
    expect(
      outcome?.failures.filter(({ cluster }) => cluster === 'red').map(({ representative }) => representative),
    ).toEqual(['p0', 'p1'])
  })

  test('that is free votes as it likes', async () => {
    const { outcome, asks } = await runProtocol(hierarchy, {
      spec: { ...company, representatives: 'free' },
      participants: names(12),
      answer: (_, { ask }) => ({ value: { option: ask.includes('@') ? 'wait' : 'ship' } }),
    })
    expect(outcome).toMatchObject({ type: 'decided', value: 'wait', failures: [] })
    expect(asks.every(({ integrity }) => integrity === undefined)).toBe(true)
  })
})

describe('a hierarchy that is drawn', () => {
  test('is as large as its clusters must be, and says how likely one is captured', async () => {
    const { outcome } = await decided({ options }, () => 'ship', { participants: names(500) })
    expect(outcome).toMatchObject({ type: 'decided', value: 'ship', levels: 3 })
    expect(outcome?.captureProbability).toBeLessThanOrEqual(0.01)
    expect(outcome?.clusters[0]?.seats.length).toBeLessThanOrEqual(13)
    const safer = await decided({ options, capturedMax: 1e-4 }, () => 'ship', { participants: names(500) })
    expect(safer.outcome?.clusters[0]?.seats.length).toBeGreaterThan(13)
  })

  test('hears of weights while it decides', async () => {
    const spec = { options, clusterSize: 4, decideBy: { kind: 'weighted', earlyStop: false } }
    const said = (from: string) => (isIn(from, 5) ? 'wait' : 'ship')
    expect((await decided(spec, said)).outcome).toMatchObject({ value: 'ship' })
    const feedback = [{ atMs: 0, feedback: { type: 'weights', weights: { p5: 100 } } as const }]
    expect((await decided(spec, said, { feedback })).outcome).toMatchObject({ value: 'wait' })
  })

  test('says what it has when time is up', async () => {
    const { outcome } = await decided({ options, clusterSize: 3 }, () => 'ship', {
      deadlineMs: 1_000,
      answer: (from) => ({ value: { option: 'ship' }, afterMs: isIn(from, 3) ? 4_000 : 1 }),
    })
    expect(outcome).toMatchObject({ type: 'decided', value: 'ship' })
    const late = await decided({ options, clusterSize: 3 }, () => 'ship', {
      deadlineMs: 1_000,
      answer: () => ({ value: { option: 'ship' }, afterMs: 4_000 }),
    })
    expect(late.outcome).toMatchObject({ type: 'undecided', reason: 'deadline' })
  })

  test('of nobody who weighs anything any more is undecided', async () => {
    const weights = { p0: 0, p1: 0, p2: 0, p3: 1 }
    const spec = { options, weights, hierarchy: { root: ['a', 'b'], a: ['p0', 'p1', 'p2'], b: ['p3'] } }
    const { outcome } = await decided(spec, () => 'ship', { participants: names(4) })
    expect(outcome).toMatchObject({ type: 'decided', value: 'ship' })
    expect(outcome?.clusters[0]).toEqual({ name: 'a', level: 1, seats: ['p0', 'p1', 'p2'] })
  })
})

describe('checking a hierarchy', () => {
  const code = (change: object, count = 12) => refusalOf(hierarchy, { options, ...change }, count)

  test('refuses what it can make nothing of', () => {
    expect(code({})).toBe('fine')
    expect(code({}, 0)).toBe('coordination/too-few-participants')
    expect(code({ options: [] })).toBe('foundation/invalid-option')
    expect(code({ clusterSize: 1 })).toBe('foundation/invalid-option')
    expect(code({ clusterSize: 2 })).toBe('fine')
    expect(code({ badShare: Number.NaN })).toBe('foundation/invalid-option')
    expect(code({ decideBy: { kind: 'dice' } })).toBe('foundation/unknown-name')
    expect(code({ decideBy: { kind: 'majority', weights: {} } })).toBe('foundation/invalid-option')
    expect(code({ decideBy: { kind: 'majority', quroum: 1 } })).toBe('foundation/unknown-name')
    expect(code({ decideBy: { kind: 'majority' }, weights: Object.fromEntries(names(12).map((id) => [id, 1])) })).toBe(
      'foundation/unknown-name',
    )
    expect(code({ delegations: { p0: 'p1', p1: 'p0' } })).toBe('coordination/cyclic-delegation')
    expect(code({ hierarchy: { a: ['a'] } })).toBe('coordination/cyclic-hierarchy')
    expect(code({ hierarchy: company.hierarchy, clusterSize: 3 })).toBe('foundation/invalid-option')
    expect(code({ representativesMax: 0 })).toBe('foundation/invalid-option')
    expect(code({ levels: 3 })).toBe('foundation/unknown-name')
    expect(code({ weights: { p0: 1 } })).toBe('coordination/weight-missing')
  })
})
