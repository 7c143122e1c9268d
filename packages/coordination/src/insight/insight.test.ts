import { defineActor, type Node, startNode } from '@mabeam/foundation'
import { collectTelemetry, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { agents } from '../agents/agents.ts'
import { defineAgent } from '../agents/define-agent.ts'
import { auction } from '../auctions/auction.ts'
import { type CoordinationOptions, coordination } from '../coordination.ts'
import { market } from '../markets/market.ts'
import type { SessionReport } from '../sessions/session.ts'
import { decide } from '../voting/decide.ts'
import { expertStep, expertWeights, newExperts } from '../voting/expert-weights.ts'
import { coordinationReport, insight } from './insight.ts'
import { coordinationReportTable } from './report-table.ts'
import { sessionFacts } from './session-facts.ts'

interface Opinion {
  readonly option: string
  readonly confidence?: number
  readonly price?: number
}

const Trader = defineAgent(import.meta.url, {
  name: 'trader',
  version: 1,
  init: (opinion: Opinion) => opinion,
  requests: {
    vote: (s, { options }) => {
      const said = s.confidence === undefined ? {} : { confidence: s.confidence }
      return [s, { option: options.includes(s.option) ? s.option : (options[0] ?? null), ...said }]
    },
    ballot: (s) => [s, { value: { utilities: { cpu: s.price ?? 1, gpu: 1 } } }],
    bid: (s, { items }) => [s, { bids: [{ items, price: s.price ?? 0 }] }],
    estimate: (s) => [s, { value: s.price ?? 0 }],
  },
})

const Mute = defineActor(import.meta.url, { name: 'mute', version: 1, init: () => 0 })

const opinions: { readonly [id: string]: Opinion } = {
  north: { option: 'ship', confidence: 0.9, price: 40 },
  south: { option: 'ship', confidence: 0.6, price: 31 },
  east: { option: 'wait', confidence: 0.8, price: 9 },
  west: { option: 'ship', price: 9 },
}

async function world(options: CoordinationOptions = {}, mute: readonly string[] = []) {
  const clock = virtualClock()
  const telemetry = collectTelemetry()
  const node = await startNode({ clock, telemetry, name: 'here' })
  for (const [name, opinion] of Object.entries(opinions)) await node.spawn(Trader, opinion, { name })
  for (const name of mute) await node.spawn(Mute, undefined, { name })
  const here = await coordination(node, options)
  const team = agents(node, [...Object.keys(opinions), ...mute])
  return { node, clock, telemetry, here, team, [Symbol.asyncDispose]: () => node.close() }
}

const options = ['ship', 'wait'] as const

const recordOf = async (node: Node, id: string) => {
  const { agents: all } = await coordinationReport(node)
  return all.find(({ agent }) => agent === id)
}

describe('a report', () => {
  test('says how sessions ended, how clear decisions were, what they cost, by protocol and in all', async () => {
    await using world_ = await world({}, ['mute'])
    const { node, team, here } = world_
    await decide(team, { kind: 'majority', options })
    await decide(team, { kind: 'majority', options, threshold: 0.9 })
    const cancelled = here.start(team, 'quorum', { spec: { options, agree: 5 } })
    cancelled.cancel()
    await cancelled.result.catch(() => {})
    const report = await coordinationReport(node)
    expect(report).toMatchObject({
      version: 1,
      node: 'here',
      sessions: 3,
      failed: 0,
      cancelled: 1,
      quality: { ended: 2, resolved: 1, resolvedShare: 0.5, meanSupport: 0.75, known: 0, accuracy: null },
      protocols: [
        { protocol: 'majority', sessions: 2, quality: { resolvedShare: 0.5, agreement: 0.75 } },
        {
          protocol: 'quorum',
          sessions: 1,
          cancelled: 1,
          quality: { resolvedShare: null },
          efficiency: { latencyMs: null },
        },
      ],
      agentCount: 5,
    })
    const majority = await coordinationReport(node, { protocol: 'majority', limit: 1 })
    expect(majority).toMatchObject({ sessions: 1, quality: { resolved: 0 }, efficiency: { messagesPerDecision: null } })
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  })

  test('says of each agent how it took part, sided, and what part it had in decisions', async () => {
    await using world_ = await world({}, ['mute'])
    const { node, team } = world_
    await decide(team, { kind: 'weighted', options, earlyStop: false })
    expect(await recordOf(node, 'north')).toMatchObject({ sessions: 1, asked: 1, answered: 1, votes: 1, agreement: 1 })
    expect((await recordOf(node, 'north'))?.influence).toBeCloseTo(1 / 3)
    expect(await recordOf(node, 'east')).toMatchObject({ votes: 1, agreement: 0, influence: 0 })
    expect(await recordOf(node, 'mute')).toMatchObject({
      answered: 0,
      absences: { failed: 1 },
      votes: 0,
      agreement: null,
    })
    const { fairness } = await coordinationReport(node)
    expect(fairness.asked).toEqual({ jain: 1, gini: 0 })
    expect(fairness.influence.jain).toBeCloseTo(3 / 5)
    expect(fairness.paid).toEqual({ jain: 1, gini: 0 })
  })

  test('tells what was won and paid in auctions and markets, to the unit, and how near to the best awards were', async () => {
    await using world_ = await world()
    const { node, team } = world_
    await auction(team, { kind: 'second-price', item: 'gpu' })
    await auction(team, { kind: 'combinatorial', items: ['cpu', 'gpu'] })
    await market(team, { kind: 'fisher', goods: ['cpu', 'gpu'], budget: 100 })
    expect(await recordOf(node, 'north')).toMatchObject({ wins: 3, paid: String(31 + 31 + 100), received: '0' })
    expect(await recordOf(node, 'east')).toMatchObject({ wins: 1, paid: '100' })
    const { efficiency, fairness } = await coordinationReport(node)
    expect(efficiency.valueShare).toEqual({ mean: 1, min: 1 })
    expect(fairness.wins.gini).toBeGreaterThan(0)
  })

  test('shows so many agents and counts all', async () => {
    await using world_ = await world()
    const { node, team } = world_
    await decide(team, { kind: 'majority', options })
    expect(await coordinationReport(node, { agentsMax: 4 })).toMatchObject({ agentCount: 4, agents: { length: 4 } })
    expect(await coordinationReport(node, { agentsMax: 3 })).toMatchObject({ agentCount: 4, agents: { length: 3 } })
    expect(await coordinationReport(node, { agentsMax: 0 })).toMatchObject({ agentCount: 4, agents: [] })
    await expect(coordinationReport(node, { agentsMax: -1 })).rejects.toThrow('agentsMax: expected an integer from 0')
    await expect(coordinationReport(node, { agent: 1 as never })).rejects.toThrow('agent: expected')
    await expect(coordinationReport(node, { protocl: 'x' } as never)).rejects.toThrow('did you mean "protocol"?')
  })

  test('of nothing has nothing to say, and a table without rows', async () => {
    await using world_ = await world()
    const report = await coordinationReport(world_.node)
    expect(report).toMatchObject({ sessions: 0, quality: { accuracy: null }, protocols: [], agents: [] })
    expect(coordinationReportTable(report)).toContain('| all      |        0 |')
  })

  test('is a table for people, with what is not known left empty and nothing that breaks it', async () => {
    await using world_ = await world()
    const { node } = world_
    const team = agents(node, ['north', 'south', 'west', { id: 'pipe|\nline', actor: 'east' }])
    const { session } = await decide(team, { kind: 'majority', options, earlyStop: false })
    ;(await insight(node)).learned(session, 'ship')
    const table = coordinationReportTable(await coordinationReport(node, { agentsMax: 3 }))
    expect(table.split('\n\n')[1]).toMatchInlineSnapshot(`
      "| protocol | sessions | failed | resolved | margin | turnout |   right | messages each | p50 ms | p95 ms |
      | -------- | -------: | -----: | -------: | -----: | ------: | ------: | ------------: | -----: | -----: |
      | majority |        1 |      0 |  100.0 % | 50.0 % | 100.0 % | 100.0 % |             8 |      0 |      0 |
      | all      |        1 |      0 |  100.0 % | 50.0 % | 100.0 % | 100.0 % |             8 |      0 |      0 |"
    `)
    const lines = table.split('\n').filter((line) => line.startsWith('|'))
    expect(table).toContain('Agents (3 of 4)')
    expect(lines.every((line) => line.endsWith(' |') || line.endsWith(':|') || line.endsWith(': |'))).toBe(true)
    const whole = coordinationReportTable(await coordinationReport(node))
    expect(whole).toContain('| pipe  line |')
  })
})

describe('learned', () => {
  test('makes accuracy and Brier scores, of decisions and of each agent, and is told', async () => {
    await using world_ = await world()
    const { node, team, telemetry } = world_
    const first = await decide(team, { kind: 'majority', options, earlyStop: false })
    const second = await decide(team, { kind: 'majority', options, earlyStop: false })
    const here = await insight(node)
    expect(here.learned(first.session, 'ship')).toMatchObject({ option: 'ship', isRight: true, votes: { length: 4 } })
    expect(here.learned(second.session, 'wait')).toMatchObject({ option: 'ship', isRight: false })
    const { quality } = here.report()
    expect(quality).toMatchObject({ known: 2, right: 1, accuracy: 0.5, votes: { known: 8, right: 4, accuracy: 0.5 } })
    const north = await recordOf(node, 'north')
    expect(north?.forecasts).toMatchObject({ known: 2, right: 1, accuracy: 0.5 })
    expect(north?.forecasts.brier).toBeCloseTo((0.1 ** 2 + 0.9 ** 2) / 2)
    expect(north?.forecasts.reliability).toBeCloseTo(0.4 ** 2)
    expect(telemetry.named('coordination.truth-learned').map(({ metadata }) => metadata.decided)).toEqual([
      'right',
      'wrong',
    ])
    expect(telemetry.named('coordination.truth-learned')[0]?.measurements).toMatchObject({ votes: 4, right: 3 })
  })

  test('said again, the last one counts', async () => {
    await using world_ = await world()
    const { session } = await decide(world_.team, { kind: 'majority', options })
    const here = await insight(world_.node)
    here.learned(session, 'wait')
    here.learned(session, 'ship')
    expect(here.report().quality).toMatchObject({ known: 1, right: 1 })
  })

  test('of a session of which nothing came is not right, and one that is a proposal by "accept" or "reject"', async () => {
    await using world_ = await world()
    const here = await insight(world_.node)
    const none = await decide(world_.team, { kind: 'majority', options, threshold: 1, earlyStop: false })
    expect(here.learned(none.session, 'ship')).toMatchObject({ option: undefined, isRight: false })
    const proposal = await decide(world_.team, { kind: 'majority', proposal: { plan: 7 } })
    expect(here.learned(proposal.session, 'accept')).toMatchObject({ option: 'accept', isRight: true })
    const sale = await auction(world_.team, { kind: 'second-price', item: 'gpu' })
    expect(here.learned(sale.session, 'north')).toMatchObject({ option: undefined, isRight: false, votes: [] })
  })

  test('refuses what is no name, and sessions that are not remembered', async () => {
    await using world_ = await world({ historyMax: 2 })
    const here = await insight(world_.node)
    const vote = () => decide(world_.team, { kind: 'majority', options })
    const sessions = [await vote(), await vote(), await vote()].map(({ session }) => session)
    expect(() => here.learned('nowhere', 'ship')).toThrow('no such session is among those that ended')
    expect(() => here.learned(sessions[0] ?? '', 'ship')).toThrow('no such session')
    for (const truth of ['', 'x'.repeat(1_025), 7, undefined]) {
      expect(() => here.learned(sessions[2] ?? '', truth as never)).toThrow('truth: expected the name of an option')
    }
    expect(here.learned(sessions[2] ?? '', 'x'.repeat(1_024)).isRight).toBe(false)
    expect(here.report().quality.known).toBe(1)
  })

  test('is forgotten with its session, so that truths never pile up', async () => {
    await using world_ = await world({ historyMax: 2 })
    const here = await insight(world_.node)
    for (let turn = 0; turn < 12; turn++) {
      const { session } = await decide(world_.team, { kind: 'majority', options })
      here.learned(session, 'ship')
      expect(here.report().quality.known).toBe(Math.min(2, turn + 1))
    }
  })

  test('gives votes as experts’ weights are learned from', async () => {
    await using world_ = await world()
    const { session } = await decide(world_.team, { kind: 'majority', options, earlyStop: false })
    const { truth, votes } = (await insight(world_.node)).learned(session, 'ship')
    const experts = expertStep(newExperts(), { topic: 'all', truth, votes })
    const [north = 0, east = 0] = expertWeights(experts, 'all', ['north', 'east'])
    expect(north).toBeGreaterThan(east)
  })
})

describe('the facts of a session', () => {
  const base: SessionReport = {
    id: 's',
    protocol: 'mine',
    status: 'done',
    participants: ['a', 'b'],
    startedMs: 0,
    rounds: 1,
    messages: 2,
    bytes: 3,
    latencyMs: 4,
    participation: 1,
    mode: 'direct',
  }
  const factsOf = (outcome: object) => sessionFacts({ ...base, outcome: outcome as never })
  const vote = (from: string, option: string) => ({ from, option, confidence: 1 })

  test('are those of the vote inside of an adaptive decision', async () => {
    await using world_ = await world()
    const { node, team, here } = world_
    await decide(team, { kind: 'adaptive', options, policy: ['weighted', 'majority'] })
    const [report] = here.history()
    expect(report && sessionFacts(report)).toMatchObject({ option: 'ship', votes: { length: 4 }, turnout: 1 })
    expect((await coordinationReport(node)).quality.meanMargin).toBe(0.5)
  })

  test('are those of the top of a hierarchy, and of each agent what it said for itself', async () => {
    await using world_ = await world()
    const { team, here } = world_
    const hierarchy = { left: ['north', 'east', 'west'], right: ['south'], top: ['left', 'right'] }
    await decide(team, { kind: 'hierarchical', options, hierarchy })
    const [report] = here.history()
    const facts = report && sessionFacts(report)
    expect(facts).toMatchObject({ option: 'ship', isResolved: true })
    expect(facts?.votes.map(({ from, option }) => `${from} ${option}`).sort()).toEqual([
      'east wait',
      'north ship',
      'south ship',
      'west ship',
    ])
  })

  test('are read by their shape, and what has another shape is left out', () => {
    const odd = {
      type: 'done',
      option: 7,
      support: 1.5,
      margin: Number.NaN,
      turnout: 'all',
      votes: [vote('a', 'x'), vote('a', 'y'), { from: 'b', option: 'x', confidence: 2 }, null, 7],
      clusters: 'none',
      awards: [
        { bidder: 'a', pays: 0.5 },
        { bidder: 'a', pays: -1 },
        { bidder: 7, pays: 1 },
        { bidder: 'b', pays: 2 },
      ],
      payments: { c: { cpu: 3, gpu: Number.NaN }, d: 4 },
      status: 'optimal',
      gap: 2,
    }
    expect(factsOf(odd)).toMatchObject({
      isResolved: true,
      option: undefined,
      support: undefined,
      margin: undefined,
      turnout: undefined,
      votes: [vote('a', 'x')],
      settlements: [
        { agent: 'b', paid: 2n, received: 0n },
        { agent: 'c', paid: 3n, received: 0n },
      ],
      valueShareMin: undefined,
    })
  })

  test('of an outcome that holds itself come to an end', () => {
    const loop: Record<string, unknown> = { type: 'decided', votes: [vote('a', 'x')] }
    loop.outcome = loop
    loop.clusters = [{ outcome: loop }, { outcome: loop }]
    expect(factsOf(loop)).toMatchObject({ option: undefined, votes: [vote('a', 'x')] })
  })

  test('tell buyers from sellers, in trades of all kinds', () => {
    const trade = { buyer: 'a', seller: 'b', quantity: 2 }
    const [a, b] = [
      { agent: 'a', paid: 20n, received: 0n },
      { agent: 'b', paid: 0n, received: 18n },
    ]
    expect(factsOf({ type: 'traded', trades: [{ ...trade, pays: 20, receives: 18 }] }).settlements).toEqual([a, b])
    expect(
      factsOf({ type: 'cleared', goods: [{ trades: [{ ...trade, pays: 20, receives: 18 }] }] }).settlements,
    ).toEqual([a, b])
    expect(factsOf({ type: 'traded', trades: [{ ...trade, price: 10 }] }).settlements).toEqual([
      a,
      { ...b, received: 20n },
    ])
    const bundles = { type: 'cleared', bought: [{ buyer: 'a', pays: 20 }], sold: [{ seller: 'b', receives: 18 }] }
    expect(factsOf(bundles).settlements).toEqual([a, b])
  })

  test('of a solved auction say how much of the best value was had at least', () => {
    expect(factsOf({ type: 'awarded', status: 'feasible', gap: 0.25 }).valueShareMin).toBe(0.75)
    expect(factsOf({ type: 'awarded', gap: 0.25 }).valueShareMin).toBeUndefined()
  })
})
