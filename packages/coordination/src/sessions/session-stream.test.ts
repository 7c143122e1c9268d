import { describe, expect, test } from 'vitest'
import { agents } from '../agents/agents.ts'
import { defineAgent } from '../agents/define-agent.ts'
import { coordination } from '../coordination.ts'
import { testTeam, Voter } from './agents.fixture.ts'
import { barrier } from './barrier.ts'
import { startSession } from './run-session.ts'
import { ask, scripted } from './scripted-protocol.fixture.ts'
import type { SessionEvent } from './session.ts'

const Broken = defineAgent(import.meta.url, {
  name: 'broken',
  version: 1,
  init: (how: string) => how,
  requests: {
    ballot(how) {
      if (how === 'throws') throw new Error('no database')
      return [how, { valeu: 1 } as never]
    },
  },
})

async function world() {
  const made = await testTeam({ north: [Voter, 1], south: [Voter, 2] })
  const protocol = scripted({
    begin: [{ type: 'timer', timer: 'go', delayMs: 10 }],
    on: (event) => {
      if (event.type === 'timer') return [ask('a')]
      const progress = { type: 'progress', progress: { counted: 2 } } as const
      return [progress, { type: 'done', outcome: { type: 'scripted' } }]
    },
  })
  const session = await startSession(made.team, protocol, {})
  return { ...made, session, [Symbol.asyncDispose]: () => made.node.close() }
}

async function all(events: AsyncIterable<SessionEvent>): Promise<readonly SessionEvent[]> {
  const list: SessionEvent[] = []
  for await (const event of events) list.push(event)
  return list
}

describe('events of a session', () => {
  test('tell what happens in order, and that it has ended last', async () => {
    await using world_ = await world()
    const reading = all(world_.session.events())
    await world_.clock.advance(10)
    expect(await reading).toMatchObject([
      { type: 'round-began', round: 1, asked: 2 },
      { type: 'answer-taken', from: 'north', round: 1 },
      { type: 'answer-taken', from: 'south', round: 1 },
      { type: 'progress', progress: { counted: 2 } },
      { type: 'session-ended', report: { status: 'done', outcome: { type: 'scripted' }, messages: 4 } },
    ])
  })

  test('say of who is absent why, in words: what it threw, or what is wrong with its answer', async () => {
    const made = await testTeam({ north: [Broken, 'throws'], south: [Broken, 'misspells'], east: [Voter, 3] })
    await using _ = made.node
    const team = agents(made.node, ['north', 'south', 'east', 'nobody'])
    const session = await startSession(team, barrier, { label: 'ready?' })
    const events = await all(session.events())
    const becauseOf = (who: string) =>
      events.flatMap((event) => (event.type === 'answer-taken' && event.from === who ? [event.because] : []))
    expect(becauseOf('north')).toEqual([expect.stringContaining('no database')])
    expect(becauseOf('south')).toEqual([expect.stringMatching(/^value: .*received undefined/)])
    expect(becauseOf('east')).toEqual([undefined])
    expect(becauseOf('nobody')).toEqual([expect.stringContaining('nobody')])
    const { lastAbsence } = (await coordination(made.node)).participation('north') ?? {}
    expect(lastAbsence).toEqual({ absent: 'failed', because: expect.stringContaining('no database') })
  })

  test('begin with the round that is under way, which nobody could watch the beginning of', async () => {
    await using world_ = await world()
    const { team, clock } = world_
    const protocol = scripted({
      begin: [ask('a', { round: 1 }), { type: 'timer', timer: 'go', delayMs: 10 }],
      on: (event) => (event.type === 'timer' ? [ask('b', { round: 2 })] : []),
    })
    const session = await startSession(team, protocol, {})
    const first = await session.events().next()
    expect(first.value).toMatchObject({ type: 'round-began', round: 1, asked: 2 })
    await clock.advance(10)
    const second = await session.events().next()
    expect(second.value).toMatchObject({ type: 'round-began', round: 2 })
    session.cancel()
  })

  test('who does not read loses the oldest, counted, and still hears of the end', async () => {
    await using world_ = await world()
    const [wide, narrow] = [world_.session.events({ capacity: 5 }), world_.session.events({ capacity: 2 })]
    await world_.clock.advance(10)
    expect([wide.dropped, narrow.dropped]).toEqual([0, 3])
    expect((await all(wide)).map(({ type }) => type)).toHaveLength(5)
    expect((await all(narrow)).map(({ type }) => type)).toEqual(['progress', 'session-ended'])
  })

  test('who comes after the end hears of the end', async () => {
    await using world_ = await world()
    world_.session.cancel()
    expect(await all(world_.session.events())).toMatchObject([
      { type: 'session-ended', report: { status: 'cancelled' } },
    ])
  })

  test('a stream that is left or disposed hears nothing more and makes room for another', async () => {
    await using world_ = await world()
    const { session } = world_
    const streams = Array.from({ length: 1_000 }, () => session.events())
    expect(() => session.events()).toThrow('streams: expected at most 1000, got one more')
    const [first, second] = streams
    const waiting = first?.next()
    await first?.[Symbol.asyncDispose]()
    await first?.[Symbol.asyncDispose]()
    await second?.return?.()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(await first?.next()).toEqual({ done: true, value: undefined })
    session.events()
    session.events()
    expect(() => session.events({ capacity: 0 })).toThrow('capacity: expected an integer from 1')
    expect(() => session.events()).toThrow('streams: expected at most 1000')
  })
})
