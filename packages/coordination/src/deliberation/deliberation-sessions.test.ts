import { delay, startNode } from '@mabeam/foundation'
import { settled, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { agents } from '../agents/agents.ts'
import { defineAgent } from '../agents/define-agent.ts'
import { decide } from '../voting/decide.ts'

interface Mind {
  readonly number: number
  readonly vote: string
  readonly lateMs: number
}

/** Estimates its number, goes half of the way when asked anew, and votes as a representative what it was sent to. */
const Thinker = defineAgent(import.meta.url, {
  name: 'thinker',
  version: 1,
  init: (mind: Mind) => mind,
  requests: {
    estimate: (mind) => [mind, { value: mind.number }],
    refine: (mind, { own, standing }) => {
      const middle = standing.reduce((sum, { value, share }) => sum + Number(value) * share, 0)
      return [mind, { value: (Number(own) + middle) / 2 }]
    },
    vote: async (mind, { context }, { clock, signal }) => {
      if (mind.lateMs > 0) await delay(clock, mind.lateMs, signal)
      const { mandate } = (context ?? {}) as { mandate?: { option: string } }
      return [mind, { option: mandate?.option ?? mind.vote }]
    },
  },
})

async function thinkers(minds: readonly Partial<Mind>[]) {
  const clock = virtualClock()
  const node = await startNode({ clock })
  for (const [place, mind] of minds.entries()) {
    await node.spawn(Thinker, { number: 0, vote: 'ship', lateMs: 0, ...mind }, { name: `t${place}` })
  }
  return {
    node,
    clock,
    team: agents(
      node,
      minds.map((_, place) => `t${place}`),
    ),
  }
}

/** With a policy of two modes, while time goes on. */
async function decidedInTime(minds: readonly Partial<Mind>[]) {
  const { node, clock, team } = await thinkers(minds)
  await using _ = node
  const running = decide(team, {
    kind: 'adaptive',
    options: ['ship', 'wait'],
    policy: ['byzantine', 'weighted'],
    deadlineMs: 20_000,
    answerTimeoutMs: 2_000,
  })
  for (let step = 0; step < 50; step++) {
    await settled()
    await clock.advance(400)
  }
  return await running
}

describe('agents of a node', () => {
  test('refine their estimates until they are close, each told what it said itself', async () => {
    const { node, team } = await thinkers([10, 20, 30, 40, 50].map((number) => ({ number })))
    await using _ = node
    const decision = await decide(team, { kind: 'iterative', question: 'how many?', values: 'numeric', spreadMax: 6 })
    expect(decision).toMatchObject({
      type: 'decided',
      value: 30,
      status: 'converged',
      refinements: 2,
      rounds: 3,
      messages: 30,
    })
  })

  test('refine too where the answers of each round are agreed on', async () => {
    const { node, team } = await thinkers([10, 20, 30, 40, 50].map((number) => ({ number })))
    await using _ = node
    const spec = {
      kind: 'iterative',
      question: 'how many?',
      values: 'numeric',
      spreadMax: 6,
      integrity: 'byzantine',
    } as const
    const decision = await decide(team, spec)
    expect(decision).toMatchObject({ type: 'decided', status: 'converged', turnout: 1 })
    expect(decision.certificates).toHaveLength(decision.rounds)
  })

  test('decide by a hierarchy', async () => {
    const { node, team } = await thinkers(
      Array.from({ length: 9 }, (_, place) => ({ vote: place < 3 ? 'wait' : 'ship' })),
    )
    await using _ = node
    const hierarchy = { top: ['a', 'b', 'c'], a: ['t0', 't1', 't2'], b: ['t3', 't4', 't5'], c: ['t6', 't7', 't8'] }
    const decision = await decide(team, { kind: 'hierarchical', options: ['ship', 'wait'], hierarchy })
    expect(decision).toMatchObject({ type: 'decided', value: 'ship', levels: 2, rounds: 2, failures: [] })
  })

  test('decide by a hierarchy whose clusters come to an agreement each, and send whom they trust only to say it', async () => {
    const { node, team } = await thinkers(
      Array.from({ length: 16 }, (_, at) => ({ vote: at % 4 === 0 ? 'wait' : 'ship' })),
    )
    await using _ = node
    const clusters = [0, 1, 2, 3].map((at) => [`c${at}`, [0, 1, 2, 3].map((one) => `t${4 * at + one}`)] as const)
    const hierarchy = { top: clusters.map(([name]) => name), ...Object.fromEntries(clusters) }
    const spec = {
      kind: 'hierarchical',
      options: ['ship', 'wait'],
      decideBy: { kind: 'byzantine' },
      hierarchy,
    } as const
    const decision = await decide(team, spec)
    expect(decision).toMatchObject({ type: 'decided', value: 'ship', levels: 2 })
    expect(decision.certificates).toHaveLength(4)
    await expect(decide(team, { ...spec, integrity: 'direct' })).rejects.toThrow("integrity: expected 'byzantine'")
  })

  test('decide in the first mode that is good enough, by an agreement where that can be', async () => {
    const { node, team } = await thinkers(Array.from({ length: 4 }, () => ({})))
    await using _ = node
    const decision = await decide(team, {
      kind: 'adaptive',
      options: ['ship', 'wait'],
      policy: ['byzantine', 'majority'],
    })
    expect(decision).toMatchObject({ type: 'decided', value: 'ship', modeUsed: 'byzantine', downgrades: [] })
    expect(decision.mode).not.toBe('direct')
  })

  test('decide in a lesser mode, and say so, when those needed for an agreement do not answer', async () => {
    const late = { lateMs: 1e6 }
    const decision = await decidedInTime([{}, late, late, late])
    expect(decision).toMatchObject({ type: 'decided', value: 'ship', modeUsed: 'weighted' })
    expect(decision).toMatchObject({ downgrades: [{ from: 'byzantine', to: 'weighted' }] })
  })

  test('stand by what was agreed on where a lesser mode does no better, and say so', async () => {
    const late = { lateMs: 1e6 }
    const decision = await decidedInTime([{}, {}, late, late])
    expect(decision).toMatchObject({ type: 'decided', modeUsed: 'byzantine', quality: 0.5 })
    expect(decision).toMatchObject({ returned: { from: 'weighted', to: 'byzantine' } })
  })

  test('are never asked directly where a policy needs an agreement', async () => {
    const { node, team } = await thinkers([{}, {}, {}, {}])
    await using _ = node
    const spec = { kind: 'adaptive', options: ['ship'], policy: ['byzantine'], integrity: 'direct' } as const
    await expect(decide(team, spec)).rejects.toThrow("integrity: expected 'byzantine'")
  })
})
