import { describe, expect, test } from 'vitest'
import { auctionKinds } from './auctions/auction-kinds.ts'
import { branchAndBound } from './auctions/solvers/branch-and-bound.ts'
import { coordination } from './coordination.ts'
import { marketKinds } from './markets/market-kinds.ts'
import { Slow, testTeam, Voter } from './sessions/agents.fixture.ts'
import { barrier } from './sessions/barrier.ts'
import type { Collector } from './sessions/collector.ts'
import type { Protocol } from './sessions/protocol.ts'
import { ask, done, scripted } from './sessions/scripted-protocol.fixture.ts'
import { decisionProtocols } from './voting/decision-kinds.ts'

async function world(options?: Parameters<typeof coordination>[1]) {
  const made = await testTeam({ north: [Voter, 1], south: [Voter, 2], slow: [Slow, 300] })
  const here = await coordination(made.node, options)
  return { ...made, here, [Symbol.asyncDispose]: () => made.node.close() }
}

const spec = { label: 'x' }

describe('coordination', () => {
  test('there is one on a node, with the options it was first asked for with', async () => {
    await using world_ = await world({ sessionsMax: 1 })
    expect(await coordination(world_.node)).toBe(world_.here)
    await expect(coordination(world_.node, { sessionMax: 1 } as never)).rejects.toThrow('did you mean "sessionsMax"')
    await expect(coordination(world_.node, { collectors: { byzantin: () => {} } as never })).rejects.toThrow(
      'unknown option "byzantin"; did you mean "byzantine"?',
    )
    await expect(coordination(world_.node, { collectors: { direct: 5 as never } })).rejects.toThrow(
      'coordination: collectors: direct: expected a function, got 5',
    )
    await expect(coordination(world_.node, { sessionsMax: 0 })).rejects.toThrow(
      'sessionsMax: expected an integer from 1',
    )
    await expect(coordination(world_.node, { sessionsMax: 2 })).rejects.toMatchObject({
      code: 'coordination/options-differ',
    })
    expect(await coordination(world_.node, { sessionsMax: 1 })).toBe(world_.here)
  })

  test('a protocol that is added at run time is started by its name until it is taken off', async () => {
    await using world_ = await world()
    const { here, team } = world_
    const unregister = here.register(scripted({ begin: [done] }))
    expect(here.protocols).toContain('scripted')
    expect(await here.start(team, 'scripted', { spec: {} }).result).toMatchObject({ type: 'scripted' })
    unregister()
    unregister()
    expect(() => here.start(team, 'scripted', { spec: {} })).toThrow('unknown protocol "scripted"')
    const again = here.register(scripted({}))
    unregister()
    expect(here.protocols).toContain('scripted')
    again()
  })

  test('kinds of decisions, auctions and markets are started by their names', async () => {
    const made = await testTeam({ north: [Voter, 1], south: [Voter, 2], east: [Voter, 3], west: [Voter, 4] })
    await using _ = made.node
    const here = await coordination(made.node)
    const kinds = [...Object.keys(decisionProtocols), ...Object.keys(auctionKinds(branchAndBound()))]
    const markets = Object.keys(marketKinds(branchAndBound()))
    expect(here.protocols).toEqual(['barrier', ...kinds, ...markets])
    const [auctioned, traded] = [
      here.start(made.team, 'second-price', { spec: { item: 'gpu' } }),
      here.start(made.team, 'fisher', { spec: { goods: ['cpu'] } }),
    ]
    const decided = here.start(made.team, 'majority', { spec: { options: ['ship', 'wait'] } })
    await made.clock.advance(0)
    expect(await decided.result).toMatchObject({ type: 'decided', value: 'ship', mode: 'direct' })
    expect(await auctioned.result).toMatchObject({ type: 'no-sale', reason: 'no-bids' })
    expect(await traded.result).toMatchObject({ type: 'uncleared', reason: 'no-statements' })
  })

  test('what needs answers that are agreed on gets them, by whatever name it is started, and is never asked directly', async () => {
    const made = await testTeam({ north: [Voter, 1], south: [Voter, 2], east: [Voter, 3], west: [Voter, 4] })
    await using _ = made.node
    const here = await coordination(made.node)
    const paper = { options: ['ship', 'wait'] }
    for (const [kind, started] of Object.entries({ byzantine: paper, adaptive: { ...paper, policy: ['byzantine'] } })) {
      const { result } = here.start(made.team, kind, { spec: started, options: { integrity: undefined } as never })
      await made.clock.advance(0)
      expect(await result).toMatchObject({ type: 'decided', value: 'ship', mode: 'kernel' })
      const direct = { spec: started, options: { integrity: 'direct' } } as const
      expect(() => here.start(made.team, kind, direct)).toThrow(`${kind}: integrity: expected 'byzantine'`)
    }
    const adapted = here.start(made.team, 'adaptive', { spec: { ...paper, policy: ['majority'] } })
    await made.clock.advance(0)
    expect(await adapted.result).toMatchObject({ type: 'decided', mode: 'direct' })
    expect(() => here.register({ ...barrier, name: 'odd', needsAgreement: true as never })).toThrow(
      'expected needsAgreement to be a function',
    )
  })

  test('an unknown protocol is refused with the nearest, two of one name are not taken', async () => {
    await using world_ = await world()
    const { here, team } = world_
    expect(() => here.start(team, 'barier', { spec })).toThrow('unknown protocol "barier"; did you mean "barrier"?')
    expect(() => here.start(team, 'sortition', { spec })).toThrow('unknown protocol "sortition"; expected one of ')
    expect(() => here.register(barrier)).toThrow('one of that name is registered already')
  })

  test('what is no protocol is refused by what is missing', async () => {
    await using world_ = await world()
    const bad: [unknown, string][] = [
      [undefined, 'protocol "undefined": expected a name'],
      [{ ...barrier, name: 'Barrier Two' }, 'protocol "Barrier Two": expected a name of kebab-case words'],
      [{ ...barrier, name: 'two', version: 0 }, 'protocol "two": expected a version from 1'],
      [{ ...barrier, name: 'two', begin: 1 }, 'protocol "two": expected begin to be a function'],
      [{ ...barrier, name: 'two', tasks: { solve: 1 } }, 'protocol "two": expected solve to be a function'],
    ]
    for (const [protocol, sentence] of bad) {
      expect(() => world_.here.register(protocol as Protocol)).toThrow(sentence)
      expect(() => world_.here.start(world_.team, protocol as Protocol, { spec })).toThrow(sentence)
    }
  })

  test('sessions that run are listed; at the limit one more is refused until one has ended', async () => {
    await using world_ = await world({ sessionsMax: 2 })
    const { here, team, clock } = world_
    const [first, second] = [here.start(team, barrier, { spec }), here.start(team, 'barrier', { spec })]
    expect(here.sessions()).toEqual([first, second])
    expect(here.session(first.id)).toBe(first)
    expect(first.report()).toMatchObject({
      status: 'running',
      protocol: 'barrier',
      participants: ['north', 'south', 'slow'],
    })
    expect(() => here.start(team, barrier, { spec })).toThrow('sessionsMax: expected at most 2, got one more')
    first.cancel()
    const third = here.start(team, barrier, { spec })
    // An agent works on one question after the other.
    await clock.advance(600)
    expect([await second.result, await third.result]).toMatchObject([{ type: 'passed' }, { type: 'passed' }])
    expect(here.sessions()).toEqual([])
    expect(here.session(second.id)).toBeUndefined()
  })

  test('history is by protocol and agent, the last one last, and no longer than its limit', async () => {
    await using world_ = await world({ historyMax: 3 })
    const { here, team } = world_
    const pair = { ...team, members: team.members.slice(0, 2) }
    for (const label of ['1', '2', '3', '4']) await here.start(pair, 'barrier', { spec: { label } }).result
    await here.start({ ...team, members: team.members.slice(0, 1) }, scripted({ begin: [done] }), { spec: {} }).result
    const shown = (query?: Parameters<typeof here.history>[0]) =>
      here.history(query).map(({ id }) => id.split('/').at(-1))
    expect(shown()).toEqual(['3', '4', '5'])
    expect(shown({ protocol: 'barrier' })).toEqual(['3', '4'])
    expect(shown({ agent: 'south' })).toEqual(['3', '4'])
    expect(shown({ agent: 'north', limit: 2 })).toEqual(['4', '5'])
    expect(shown({ limit: 0 })).toEqual([])
    expect(here.history({ limit: 1 })).toMatchObject([{ status: 'done', outcome: { type: 'scripted' }, messages: 0 }])
    expect(() => here.history({ agents: 'x' } as never)).toThrow('did you mean "agent"?')
  })

  test('how agents took part is kept', async () => {
    await using world_ = await world()
    const { here, team, clock } = world_
    const running = here.start(team, barrier, { spec })
    await clock.advance(300)
    await running.result
    const late = here.start(team, barrier, { spec: { ...spec, timeoutMs: 100 } })
    await clock.advance(300)
    await late.result
    const slow = { agent: 'slow', asked: 2, answered: 1, absences: { late: 1 }, meanLatencyMs: 300 }
    expect(here.participation('slow')).toEqual({ ...slow, lastAbsence: { absent: 'late' } })
    expect(here.participation('north')).toMatchObject({ asked: 2, answered: 2, meanLatencyMs: 0 })
    expect(here.participation('nobody')).toBeUndefined()
  })

  test('answers that are agreed on come with a certificate, too few to agree are refused', async () => {
    const made = await testTeam({ north: [Voter, 1], south: [Voter, 2], east: [Voter, 3], west: [Voter, 4] })
    await using _ = made.node
    const here = await coordination(made.node)
    const options = { integrity: 'byzantine' } as const
    const { result } = here.start(made.team, barrier, { spec, options })
    await made.clock.advance(0)
    expect(await result).toMatchObject({
      type: 'passed',
      arrived: ['north', 'south', 'east', 'west'],
      mode: 'kernel',
      certificates: [{ question: { ask: 'arrive', request: 'ballot' } }],
    })
    const three = { ...made.team, members: made.team.members.slice(0, 3) }
    await expect(here.start(three, barrier, { spec, options }).result).rejects.toMatchObject({
      code: 'coordination/too-few-members',
    })
    expect(here.replicas.evidence()).toEqual([])
  })
})

describe('a collector of somebody else’s', () => {
  const value = (from: string) => ({ from, value: { value: 1 }, latencyMs: 0 })
  const cost = { messages: 1, bytes: 1 }

  async function gathered(collect: Collector['collect']) {
    const world_ = await world({ collectors: { byzantine: () => ({ mode: 'kernel', collect }) } })
    const protocol = scripted({
      begin: [ask('a')],
      on: (event) => (event.type === 'answers' && event.pending === 0 ? [done] : []),
    })
    const session = world_.here.start(world_.team, protocol, {
      spec: {},
      options: { integrity: 'byzantine', deadlineMs: 100 },
    })
    return { ...world_, session, protocol }
  }

  test('gathers, and the result says how and by what certificates it stands', async () => {
    const certificate = { ask: 'a', agreement: 'x', decision: {} } as never
    await using run = await gathered(async ({ to }, hear) => {
      hear({ answers: to.map(({ id }) => value(id)), ...cost, certificate })
    })
    expect(await run.session.result).toMatchObject({
      type: 'scripted',
      mode: 'kernel',
      certificates: [certificate],
      participation: 1,
    })
  })

  test('that doubles answers, or gives those of strangers, reaches no protocol with them', async () => {
    await using run = await gathered(async (_, hear) => {
      hear({ answers: [value('north'), value('north'), value('stranger')], ...cost })
      hear({ answers: [value('north'), value('south'), value('slow')], ...cost })
      hear({ answers: [value('slow')], ...cost })
    })
    expect(await run.session.result).toMatchObject({ type: 'scripted', participation: 1 })
    expect(run.protocol.events).toMatchObject([
      { answers: [{ from: 'north' }], pending: 2 },
      { answers: [{ from: 'south' }, { from: 'slow' }], pending: 0 },
    ])
    const reasons = run.telemetry.named('coordination.answer-refused').map(({ metadata }) => metadata.reason)
    expect(reasons).toEqual(['duplicate', 'duplicate', 'duplicate', 'closed'])
  })

  test('that throws ends the session with what it threw', async () => {
    const cause = new Error('no quorum')
    await using run = await gathered(async () => {
      throw cause
    })
    await expect(run.session.result).rejects.toBe(cause)
  })

  test('that is done before all have come is a bug that is named', async () => {
    await using run = await gathered(async (_, hear) => hear({ answers: [value('north')], ...cost }))
    await expect(run.session.result).rejects.toThrow('the collector is done with a and 2 are missing')
  })

  test('that never ends is ended by the deadline, and told so by its signal', async () => {
    let reason: unknown
    await using run = await gathered((_, __, signal) => {
      signal.addEventListener('abort', () => {
        reason = signal.reason
      })
      return new Promise(() => {})
    })
    await run.clock.advance(100)
    expect(await run.session.result).toMatchObject({ type: 'undecided', reason: 'deadline', participation: 0 })
    expect(reason).toBeInstanceOf(Error)
  })

  test('that could not bring members to agree makes what follows provisional, for the protocol as for the result', async () => {
    await using run = await gathered(async ({ to }, hear) => {
      hear({ answers: to.map(({ id }) => ({ from: id, absent: 'late', latencyMs: 5 })), ...cost, provisional: true })
    })
    expect(await run.session.result).toMatchObject({ type: 'scripted', provisional: true, participation: 0 })
    expect(run.protocol.events).toMatchObject([{ type: 'answers', provisional: true, pending: 0 }])
  })

  test('is passed by for what a declared downgrade asks directly, and the result says so', async () => {
    await using world_ = await world({
      collectors: { byzantine: () => ({ mode: 'sig', collect: () => new Promise(() => {}) }) },
    })
    const protocol = scripted({
      begin: [ask('a'), { ...ask('b', { to: ['north'] }), integrity: 'direct' }],
      on: () => [done],
    })
    const { result } = world_.here.start(world_.team, protocol, { spec: {}, options: { integrity: 'byzantine' } })
    expect(await result).toMatchObject({ type: 'scripted', mode: 'direct' })
  })
})
