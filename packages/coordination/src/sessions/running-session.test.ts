import { startNode } from '@mabeam/foundation'
import { settled, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { agents } from '../agents/agents.ts'
import { coordination } from '../coordination.ts'
import { Liar, Slow, type TestTeam, testTeam, Voter } from './agents.fixture.ts'
import type { AskCommand, ProtocolCommand, ProtocolEvent } from './protocol.ts'
import { runSession, startSession } from './run-session.ts'
import { ask, done, type Scripted, scripted } from './scripted-protocol.fixture.ts'
import type { SessionOptions } from './session.ts'

const three = { north: [Voter, 1], south: [Voter, 2], slow: [Slow, 300] } as const

async function world(members: Parameters<typeof testTeam>[0] = three): Promise<TestTeam & AsyncDisposable> {
  const made = await testTeam(members)
  return { ...made, [Symbol.asyncDispose]: () => made.node.close() }
}

/** What is told of answers, in short. */
function heard(events: readonly ProtocolEvent[]) {
  return events.flatMap((event) =>
    event.type === 'answers'
      ? [[event.answers.map((one) => `${one.from}${'absent' in one ? ` ${one.absent}` : ''}`).join(), event.pending]]
      : [],
  )
}

describe('a session', () => {
  test('answers that are there at once come together, those that come later by themselves, until none are pending', async () => {
    await using world_ = await world()
    const { team, clock } = world_
    const protocol = scripted({
      begin: [ask('a')],
      on: (event) => (event.type === 'answers' && event.pending === 0 ? [done] : []),
    })
    const running = runSession(team, protocol, {})
    await clock.advance(1_000)
    expect(heard(protocol.events)).toEqual([
      ['north,south', 1],
      ['slow', 0],
    ])
    expect(await running).toMatchObject({ type: 'scripted', latencyMs: 300, participation: 1, messages: 6, rounds: 1 })
  })

  test('who has not answered by the time of the ask is late, and its answer is nobody’s afterwards', async () => {
    await using world_ = await world()
    const { team, clock } = world_
    const protocol = scripted({ begin: [ask('a', { timeoutMs: 299 }), ask('b', { timeoutMs: 300 })] })
    const running = runSession(team, protocol, { deadlineMs: 2_000 })
    await clock.advance(3_000)
    expect(heard(protocol.events)).toEqual([
      ['north,south', 1],
      ['north,south', 1],
      ['slow late', 0],
      ['slow late', 0],
    ])
    expect(await running).toMatchObject({
      type: 'undecided',
      reason: 'deadline',
      participation: 4 / 6,
      latencyMs: 2_000,
    })
    expect(clock.pendingTimers).toBe(0)
  })

  test('what ends it in the middle of a turn ends the turn: nobody is asked after that, and no timer is left', async () => {
    await using world_ = await world()
    const { team, clock } = world_
    const control = new AbortController()
    const protocol = scripted({
      begin: [
        { type: 'task', task: 'abort', id: '1', input: undefined },
        ask('a'),
        { type: 'timer', timer: 't', delayMs: 500 },
        { type: 'task', task: 'abort', id: '2', input: undefined },
        done,
      ],
      tasks: {
        abort: async () => {
          asked++
          control.abort(new Error('enough'))
        },
      },
    })
    let asked = 0
    await expect(runSession(team, protocol, { signal: control.signal })).rejects.toThrow('enough')
    expect(asked).toBe(1)
    expect(clock.pendingTimers).toBe(0)
    await clock.advance(1_000)
    const [report] = (await coordination(team.node)).history()
    expect(report).toMatchObject({ status: 'cancelled', messages: 0, rounds: 0 })
  })

  test('who cancels it while it is told of its start asks nobody', async () => {
    const clock = virtualClock()
    const control = new AbortController()
    const telemetry = {
      enabled: true,
      emit: ({ name }: { name: string }) =>
        name === 'coordination.session-started' && control.abort(new Error('enough')),
    }
    await using node = await startNode({ clock, telemetry: telemetry as never })
    await coordination(node)
    const pending = clock.pendingTimers
    const protocol = scripted({ begin: [ask('a')] })
    await expect(runSession(agents(node, ['north']), protocol, { signal: control.signal })).rejects.toThrow('enough')
    expect(clock.pendingTimers).toBe(pending)
    expect((await coordination(node)).history()).toMatchObject([{ status: 'cancelled', messages: 0 }])
  })

  test('a closed ask brings nothing more, and its agents are told that nobody waits', async () => {
    await using world_ = await world()
    const { team, clock } = world_
    const protocol = scripted({
      begin: [ask('a')],
      on: (event) =>
        event.type === 'answers'
          ? [
              { type: 'close-ask', ask: 'a' },
              { type: 'timer', timer: 't', delayMs: 500 },
            ]
          : [done],
    })
    const running = runSession(team, protocol, {})
    await clock.advance(1_000)
    expect(heard(protocol.events)).toEqual([['north,south', 1]])
    expect(await running).toMatchObject({ type: 'scripted', participation: 2 / 3 })
  })

  test('answers that came while it was at work are dropped with the ask that it then closes', async () => {
    await using world_ = await world()
    const protocol = scripted({
      begin: [ask('a', { to: [] }), ask('b', { to: [] }), { type: 'close-ask', ask: 'a' }],
      on: () => [done],
    })
    await runSession(world_.team, protocol, {})
    expect(protocol.events).toMatchObject([{ type: 'answers', ask: 'b' }])
  })

  test('an ask of nobody is over at once, and the next event comes after the commands of this one', async () => {
    await using world_ = await world()
    const protocol = scripted({
      begin: [ask('a', { to: [] }), ask('b', { to: ['north'] })],
      on: (event) => (event.type === 'answers' && event.ask === 'b' ? [done] : []),
    })
    expect(await runSession(world_.team, protocol, {})).toMatchObject({ type: 'scripted', messages: 2 })
    expect(heard(protocol.events)).toEqual([
      ['', 0],
      ['north', 0],
    ])
  })

  test('timers fire once; set again they are others; cancelled they are none', async () => {
    await using world_ = await world()
    const { team, clock } = world_
    const protocol = scripted({
      begin: [
        { type: 'timer', timer: 'again', delayMs: 10 },
        { type: 'timer', timer: 'again', delayMs: 30 },
        { type: 'timer', timer: 'never', delayMs: 20 },
        { type: 'cancel-timer', timer: 'never' },
        { type: 'cancel-timer', timer: 'unknown' },
        { type: 'timer', timer: 'end', delayMs: 40 },
      ],
      on: (event) => (event.type === 'timer' && event.timer === 'end' ? [done] : []),
    })
    const running = runSession(team, protocol, {})
    await clock.advance(100)
    await running
    expect(protocol.events.map((event) => event.type === 'timer' && event.timer)).toEqual(['again', 'end'])
  })

  test('tasks run beside it, and what they give or throw is an event', async () => {
    await using world_ = await world()
    const protocol = scripted({
      begin: [
        { type: 'task', task: 'double', id: 'one', input: 21 },
        { type: 'task', task: 'fail', id: 'two', input: 0 },
      ],
      on: (event) => (event.type === 'task-failed' ? [done] : []),
      tasks: {
        double: async (n) => (n as number) * 2,
        fail: async () => {
          await null
          throw 'no error'
        },
      },
    })
    await runSession(world_.team, protocol, {})
    expect(protocol.events).toMatchObject([
      { type: 'task-done', task: 'double', id: 'one', result: 42 },
      { type: 'task-failed', task: 'fail', id: 'two', error: { message: 'no error' } },
    ])
  })

  test('when time is up the protocol has the last word; what else it wants is not done', async () => {
    await using world_ = await world()
    const { team, clock } = world_
    const last = scripted({
      on: (event) =>
        event.type === 'ended'
          ? [ask('more'), { type: 'done', outcome: { type: 'scripted', what: event.reason } }]
          : [],
    })
    const running = runSession(team, last, { deadlineMs: 50 })
    await clock.advance(50)
    expect(await running).toMatchObject({ type: 'scripted', what: 'deadline', messages: 0, latencyMs: 50 })
  })

  test('a protocol that keeps itself busy ends at its deadline all the same', async () => {
    let nowMs = 0
    const clock = { ...virtualClock(), monotonicMs: () => nowMs++ }
    await using node = await startNode({ clock })
    const busy = scripted({
      begin: [{ type: 'task', task: 'spin', id: '0', input: 0 }],
      on: (event) =>
        event.type === 'task-done' ? [{ type: 'task', task: 'spin', id: `${Number(event.id) + 1}`, input: 0 }] : [],
      tasks: { spin: async () => 0 },
    })
    const running = runSession(agents(node, ['nobody']), busy, { deadlineMs: 500 })
    expect(await running).toMatchObject({ type: 'undecided', reason: 'deadline' })
    expect(busy.events.at(-1)).toMatchObject({ type: 'ended' })
  })

  test('a protocol that goes round without time passing fails at the limit of its commands', async () => {
    await using world_ = await world({ north: [Voter, 1] })
    let asks = 0
    const progress = Array.from({ length: 999 }, () => ({ type: 'progress', progress: 0 }) as const)
    const busy = scripted({ begin: [ask('0', { to: [] })], on: () => [...progress, ask(`${++asks}`, { to: [] })] })
    await expect(runSession(world_.team, busy, {})).rejects.toThrow('more than 1000000 commands')
  })
})

describe('limits of a session', () => {
  /** Asks north and south, round after round. */
  const rounds = () => {
    let round = 1
    const again = () => ask(`${round}`, { round: round++, to: ['north', 'south'] })
    return scripted({ begin: [again()], on: (event) => (event.type === 'answers' ? [again()] : []) })
  }

  test.each([
    [{ roundsMax: 3 }, { rounds: 3, messages: 12, reason: 'rounds-limit' }],
    [{ messagesMax: 12 }, { rounds: 3, messages: 12, reason: 'messages-limit' }],
    [{ messagesMax: 11 }, { rounds: 2, messages: 8, reason: 'messages-limit' }],
  ] as [SessionOptions, object][])('with %j it ends where one more would be too many', async (options, figures) => {
    await using world_ = await world()
    const protocol = rounds()
    expect(await runSession(world_.team, protocol, options)).toMatchObject({ type: 'undecided', ...figures })
    expect(protocol.events.at(-1)).toMatchObject({ type: 'ended' })
  })

  test('bytes count both ways: an ask that would pass the limit is not sent, answers that pass it are the last', async () => {
    await using world_ = await world()
    const one = scripted({ begin: [ask('1', { to: ['north', 'south'] })], on: () => [done] })
    const { bytes } = await runSession(world_.team, one, {})
    const run = (bytesMax: number) => runSession(world_.team, rounds(), { bytesMax })
    expect(await run(bytes - 1)).toMatchObject({ rounds: 1, bytes, reason: 'bytes-limit' })
    expect(await run(bytes)).toMatchObject({ rounds: 1, bytes, reason: 'bytes-limit' })
    const big = await run(bytes * 3)
    expect(big).toMatchObject({ reason: 'bytes-limit' })
    expect(big.rounds).toBeGreaterThan(1)
    expect(big.bytes).toBeLessThanOrEqual(bytes * 3)
  })

  test('an answer at the limit is taken, one byte more is too large, and a liar can not use up what others are sent', async () => {
    await using world_ = await world({ huge: [Liar, () => ({ value: 'x'.repeat(1_000) })], good: [Voter, 1] })
    const events = async (answerBytesMax: number) => {
      const protocol = scripted({ begin: [ask('a')], on: () => [done] })
      await runSession(world_.team, protocol, { answerBytesMax, bytesMax: 2_000 })
      return heard(protocol.events)
    }
    expect(await events(1_010)).toEqual([['huge,good', 0]])
    expect(await events(1_009)).toEqual([['huge too-large,good', 0]])
  })
})

describe('a protocol that is wrong', () => {
  const wrong: [string, readonly ProtocolCommand<Scripted>[], string][] = [
    ['asks twice of one name', [ask('a'), ask('a')], 'ask "a": asked twice'],
    ['asks who does not take part', [ask('a', { to: ['nobody'] })], 'ask "a": "nobody" does not take part'],
    ['asks somebody twice', [ask('a', { to: ['north', 'north'] })], 'ask "a": to: somebody is named twice'],
    ['asks in no round', [ask('a', { round: 0 })], 'ask "a": round: expected an integer from 1, got 0'],
    [
      'has no time for answers',
      [ask('a', { timeoutMs: Number.NaN })],
      'ask "a": timeoutMs: expected more than 0, got NaN',
    ],
    ['asks nothing', [ask('')], 'ask: expected a name, got ""'],
    [
      'asks for what there is not',
      [{ ...ask('a'), request: 'dance' } as unknown as AskCommand],
      'ask "a": there is no request "dance"',
    ],
    [
      'asks a question that is none',
      [{ ...ask('a'), request: 'vote' } as unknown as AskCommand],
      'ask "a": question: options: ',
    ],
    [
      'asks what can not be sent',
      [{ ...ask('a'), question: { question: 'a', context: () => 1 } } as AskCommand],
      'ask "a": question: it is unsendable',
    ],
    [
      'tells each its own of nothing',
      [{ ...ask('a'), own: null } as unknown as AskCommand],
      'ask "a": question: own: expected values by participant, got null',
    ],
    ['closes what it did not ask', [{ type: 'close-ask', ask: 'b' }], 'close-ask: there was no ask "b"'],
    [
      'sets a timer that never comes',
      [{ type: 'timer', timer: 't', delayMs: Number.POSITIVE_INFINITY }],
      'timer "t": delayMs',
    ],
    [
      'has a task done that it does not have',
      [{ type: 'task', task: 'toString', id: 'x', input: 0 }],
      'it has no task "toString"',
    ],
    ['goes on after done', [done, ask('a')], 'a command after done: ask'],
    [
      'has an outcome of no type',
      [{ type: 'done', outcome: {} as never }],
      'done: expected an outcome with a type, got {}',
    ],
    ['wants what there is not', [{ type: 'dance' } as never], 'expected a command, got {"type":"dance"}'],
    ['wants nothing at all', [undefined as never], 'expected a command, got nothing'],
    ['gives no commands', undefined as never, 'expected a turn [state, commands]'],
  ]
  test.each(wrong)('when it %s the session fails and says so', async (_, begin, sentence) => {
    await using world_ = await world()
    const running = runSession(world_.team, scripted({ begin: begin ?? (0 as never) }), {})
    await expect(running).rejects.toMatchObject({ code: 'coordination/protocol-failed' })
    await expect(running).rejects.toThrow(`protocol "scripted": ${sentence}`)
    expect(world_.clock.pendingTimers).toBe(0)
  })

  test('what it throws is the cause, also in the middle', async () => {
    await using world_ = await world()
    const cause = new Error('no such colour')
    const protocol = scripted({
      begin: [ask('a')],
      on: () => {
        throw cause
      },
    })
    await expect(runSession(world_.team, protocol, {})).rejects.toMatchObject({
      code: 'coordination/protocol-failed',
      message: 'protocol "scripted": it threw: no such colour',
      cause,
    })
    expect((await coordination(world_.node)).history()[0]).toMatchObject({
      status: 'failed',
      error: 'protocol "scripted": it threw: no such colour',
    })
  })

  test('a task of an id that runs already, and timers or tasks beyond what is taken at once, are refused', async () => {
    await using world_ = await world()
    const task = (id: string) => ({ type: 'task', task: 'wait', id, input: 0 }) as const
    const timer = (i: number) => ({ type: 'timer', timer: `${i}`, delayMs: 5 }) as const
    const many = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i))
    const run = (...begin: ProtocolCommand<Scripted>[]) =>
      runSession(world_.team, scripted({ begin, tasks: { wait: () => new Promise(() => {}) } }), {})
    await expect(run(task('a'), task('a'))).rejects.toThrow('task "a": it runs already')
    await expect(run(...many(1_000, (i) => task(`${i}`)), done)).resolves.toMatchObject({ type: 'scripted' })
    await expect(run(...many(1_001, (i) => task(`${i}`)))).rejects.toThrow('at most 1000 tasks at once')
    await expect(run(...many(1_000, timer), done)).resolves.toMatchObject({ type: 'scripted' })
    await expect(run(...many(1_001, timer))).rejects.toThrow('at most 1000 timers at once')
    await settled()
    expect(world_.clock.pendingTimers).toBe(0)
  })
})

describe('feedback', () => {
  test('is taken as it was when it was given, up to its limit', async () => {
    await using world_ = await world()
    const protocol = scripted({})
    const session = await startSession(world_.team, protocol, {})
    const opinion = { wrong: ['south'], because: 'x'.repeat(1_048_500) }
    session.feedback({ type: 'expert', from: 'ada', opinion })
    opinion.wrong.push('north')
    expect(protocol.events).toMatchObject([{ feedback: { opinion: { wrong: ['south'] } } }])
    session.cancel()
  })

  test('reaches the protocol while it runs, and nobody afterwards', async () => {
    await using world_ = await world()
    const protocol = scripted({
      on: (event) => (event.type === 'feedback' && event.feedback.type === 'expert' ? [done] : []),
    })
    const session = await startSession(world_.team, protocol, {})
    session.feedback({ type: 'weights', weights: { north: 2, slow: 0 } })
    session.feedback({ type: 'expert', from: 'ada', opinion: 'south is wrong' })
    await session.result
    expect(protocol.events).toMatchObject([
      { type: 'feedback', feedback: { type: 'weights', weights: { north: 2, slow: 0 } } },
      { type: 'feedback', feedback: { opinion: 'south is wrong' } },
    ])
    expect(() => session.feedback({ type: 'weights', weights: {} })).toThrow('has ended and takes no feedback')
    expect(world_.telemetry.named('coordination.feedback-given')).toMatchObject([
      { metadata: { type: 'weights' } },
      { metadata: { type: 'expert' } },
    ])
  })

  test.each([
    [undefined, 'type: expected one of weights, expert, got nothing'],
    [{ type: 'praise' }, 'type: expected one of weights, expert, got "praise"'],
    [{ type: 'expert', opinion: 1 }, 'from: expected a name, got nothing'],
    [{ type: 'expert', from: 'ada', opinion: () => 1 }, 'feedback: expected data of at most 1048576 bytes'],
    [
      { type: 'expert', from: 'ada', opinion: 'x'.repeat(1_048_576) },
      'feedback: expected data of at most 1048576 bytes',
    ],
    [{ type: 'weights' }, 'weights: expected an object, got nothing'],
    [{ type: 'weights', weights: { nobody: 1 } }, 'weights: expected weights of who takes part, got "nobody"'],
    [{ type: 'weights', weights: { north: -1 } }, 'weights.north: expected a number from 0, got -1'],
    [{ type: 'weights', weights: { north: Number.NaN } }, 'weights.north: expected a number from 0, got NaN'],
    [{ type: 'weights', weights: { north: Number.POSITIVE_INFINITY } }, 'weights.north: expected a number from 0'],
  ])('what is wrong with it is said, and the session goes on: %#', async (feedback, sentence) => {
    await using world_ = await world()
    const session = await startSession(world_.team, scripted({}), {})
    expect(() => session.feedback(feedback as never)).toThrow(`feedback: ${sentence}`)
    expect(session.report().status).toBe('running')
    session.cancel()
  })
})
