import { startNode } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { agents } from '../agents/agents.ts'
import { coordination } from '../coordination.ts'
import { decide } from '../voting/decide.ts'
import { Liar, Slow, Stubborn, testTeam, Voter } from './agents.fixture.ts'
import { barrier } from './barrier.ts'
import type { Protocol } from './protocol.ts'
import { runSession, startSession } from './run-session.ts'
import type { SessionOptions } from './session.ts'

const raise = () => {
  throw new Error('no')
}

describe('runSession', () => {
  test('asks all agents and gives the outcome with what it took', async () => {
    const { node, team, telemetry } = await testTeam({ north: [Voter, 1], south: [Voter, 2], east: [Voter, 3] })
    await using _ = node
    const result = await runSession(team, barrier, { label: 'ready?' })
    expect(result).toMatchObject({
      type: 'passed',
      arrived: ['north', 'south', 'east'],
      rounds: 1,
      messages: 6,
      latencyMs: 0,
      participation: 1,
      mode: 'direct',
    })
    const { session, bytes } = result
    expect(session).toMatch(/^mabeam\/here\/\d+\/1$/)
    expect(bytes).toBeGreaterThan(0)
    const metadata = { session, protocol: 'barrier' }
    expect(telemetry.events.filter(({ name }) => name.startsWith('coordination.'))).toEqual([
      { name: 'coordination.session-started', measurements: { participants: 3 }, metadata },
      {
        name: 'coordination.session-ended',
        measurements: { rounds: 1, messages: 6, bytes, latencyMs: 0, participation: 1 },
        metadata: { ...metadata, status: 'done', outcome: 'passed' },
      },
    ])
  })

  test.each([true, false])(
    'agents that are slow, dead, lying or malformed are absent for a reason and hang nobody, codec %s',
    async (codec) => {
      const { node, team, clock, telemetry } = await testTeam(
        {
          good: [Voter, 'yes'],
          slow: [Slow, 60_000],
          dead: undefined,
          thrower: [Liar, raise],
          malformed: [Liar, () => ({ confidence: 2, value: 1 })],
          empty: [Liar, () => undefined],
          function: [Liar, () => ({ value: raise })],
          huge: [Liar, () => ({ value: 'x'.repeat(20_000_000) })],
        },
        { codec },
      )
      await using _ = node
      const running = runSession(team, barrier, { label: 'ready?', answerTimeoutMs: 1_000, needed: 2 })
      await clock.advance(1_000)
      expect(await running).toMatchObject({
        type: 'broken',
        arrived: ['good'],
        absent: {
          slow: 'late',
          dead: 'gone',
          thrower: 'failed',
          malformed: 'malformed',
          empty: 'malformed',
          function: 'malformed',
          huge: 'too-large',
        },
        participation: 1 / 8,
        // Who is gone or late has sent nothing.
        messages: 8 + 6,
        latencyMs: 1_000,
      })
      const refused = telemetry
        .named('coordination.answer-refused')
        .map(({ metadata }) => `${metadata.agent} ${metadata.reason}`)
      expect(refused.sort()).toEqual(['empty malformed', 'function malformed', 'huge too-large', 'malformed malformed'])
      expect(clock.pendingTimers).toBe(0)
    },
  )

  test('an agent that stops while it is asked is gone', async () => {
    const { node, team, clock } = await testTeam({ slow: [Slow, 60_000] })
    await using _ = node
    const running = runSession(team, barrier, { label: 'ready?' })
    void node.stop(node.named('slow'))
    await clock.advance(5_000)
    expect(await running).toMatchObject({ type: 'broken', absent: { slow: 'gone' } })
  })

  test('agents get one question that none of them can change for the others', async () => {
    const { node, team } = await testTeam({ north: [Voter, 1] }, { codec: false })
    await using _ = node
    const context = { plan: ['a'] }
    const seen: unknown[] = []
    const spied = {
      ...team,
      members: team.members.map((one) => ({
        ...one,
        actor: {
          ...one.actor,
          call: async (_: string, input: { context: object }) => {
            seen.push(input)
            Object.assign(input.context, { plan: ['mine'] })
          },
        } as never,
      })),
    }
    expect(await runSession(spied, barrier, { label: 'ready?', context })).toMatchObject({
      absent: { north: 'failed' },
    })
    expect(seen).toEqual([{ question: 'ready?', context, session: expect.any(String), round: 1 }])
    expect(context).toEqual({ plan: ['a'] })
  })

  test('options of sessions that can not be are refused by name, and unknown keys are the protocol’s to refuse', async () => {
    const { node, team } = await testTeam({ north: [Voter, 1] })
    await using _ = node
    const bad: [object, string][] = [
      [{ deadlineMs: 0 }, 'session: deadlineMs: expected an integer from 1'],
      [{ deadlineMs: -5 }, 'session: deadlineMs: expected an integer from 1'],
      [{ deadlineMs: Number.NaN }, 'session: deadlineMs: expected an integer from 1'],
      [{ deadlineMs: Number.POSITIVE_INFINITY }, 'session: deadlineMs: expected an integer from 1'],
      [{ answerTimeoutMs: 0 }, 'session: answerTimeoutMs: expected an integer from 1'],
      [{ roundsMax: 0 }, 'session: roundsMax: expected an integer from 1'],
      [{ messagesMax: 1.5 }, 'session: messagesMax: expected an integer from 1'],
      [{ bytesMax: '1' }, 'session: bytesMax: expected an integer from 1'],
      [{ answerBytesMax: null }, 'session: answerBytesMax: expected an integer from 1'],
      [{ integrity: 'blind' }, 'session: integrity: expected one of direct, byzantine, got "blind"'],
      [{ seed: 0.5 }, 'session: seed: expected an integer'],
      [{ signal: {} }, 'session: signal: expected'],
      [{ deadlinMs: 5 }, 'barrier: unknown option "deadlinMs"'],
      [{ needed: 2 }, 'barrier: needed: expected at most 1, as many as take part, got 2'],
      [{ needed: 0 }, 'barrier: needed: expected an integer from 1'],
      [{ label: '' }, 'barrier: label: expected a string of 1 to 65536 characters'],
    ]
    for (const [options, sentence] of bad) {
      await expect(
        runSession(team, barrier, { label: 'x', ...options } as SessionOptions & { label: string }),
      ).rejects.toThrow(sentence)
    }
    await expect(runSession(team, barrier, undefined as never)).rejects.toThrow('barrier: label')
    expect((await coordination(node)).sessions()).toEqual([])
  })

  test('the same seed draws the same, another one something else, and none is different each time', async () => {
    const { node, team } = await testTeam({ north: [Voter, 1] })
    await using _ = node
    const drawing: Protocol<object, unknown, number, { readonly type: 'drawn'; readonly n: number }> = {
      name: 'drawing',
      version: 1,
      check: (spec) => spec,
      begin: ({ random }) => [0, [{ type: 'done', outcome: { type: 'drawn', n: random.next() } }]],
      step: (state) => [state, []],
    }
    const drawn = async (seed?: number) => {
      const options = seed === undefined ? {} : { seed }
      const result = await runSession(team, drawing, options)
      return 'n' in result ? result.n : undefined
    }
    expect(await drawn(7)).toBe(await drawn(7))
    expect(await drawn(7)).not.toBe(await drawn(8))
    expect(await drawn()).not.toBe(await drawn())
  })

  test('an option that a protocol has of its own is the protocol’s, also where sessions have one of that name', async () => {
    const { node, team } = await testTeam({ north: [Voter, 1] })
    await using _ = node
    const specs: unknown[] = []
    const kept: Protocol<{ readonly roundsMax?: number }, unknown, number, { readonly type: 'kept' }> = {
      name: 'kept',
      version: 1,
      check: (spec) => specs.push(spec),
      begin: () => [0, [{ type: 'done', outcome: { type: 'kept' } }]],
      step: (state) => [state, []],
    }
    await runSession(team, kept, { roundsMax: 2, deadlineMs: 9 })
    await runSession(team, { ...kept, ownOptions: ['roundsMax'] }, { roundsMax: 2, deadlineMs: 9 })
    expect(specs).toEqual([{}, { roundsMax: 2 }])
  })

  test('so a refinement is told how many rounds it has, and says so when they are over', async () => {
    const { node, team } = await testTeam({ north: [Stubborn, 0], south: [Stubborn, 100], east: [Stubborn, 200] })
    await using _ = node
    const far = {
      kind: 'iterative',
      question: 'how many?',
      values: 'numeric',
      spreadMax: 1,
      gainMin: 0,
      patience: 50,
    } as const
    expect(await decide(team, { ...far, roundsMax: 2, changeMax: 0 })).toMatchObject({
      rounds: 2,
      refinements: 1,
      status: 'max-rounds',
    })
  })

  test('a team that was not made by agents is refused', async () => {
    await using node = await startNode()
    const [member] = agents(node, ['a']).members
    for (const members of [[], undefined, [member, member]]) {
      await expect(runSession({ node, members } as never, barrier, { label: 'x' })).rejects.toMatchObject({
        code: 'coordination/invalid-team',
      })
    }
  })
})

describe('the end of a session', () => {
  async function running(options: SessionOptions = {}) {
    const { node, team, clock, telemetry } = await testTeam({ slow: [Slow, 60_000] })
    const session = await startSession(team, barrier, { label: 'x', ...options })
    return { node, team, clock, session, telemetry }
  }

  test('cancelled, it rejects with its reason, calls nobody any more and holds nothing', async () => {
    const { node, clock, session, telemetry } = await running()
    await using _ = node
    session.cancel('enough')
    session.cancel('twice')
    await expect(session.result).rejects.toMatchObject({
      code: 'coordination/session-cancelled',
      message: `session ${session.id}: cancelled: enough`,
    })
    expect(session.report()).toMatchObject({ status: 'cancelled', error: `session ${session.id}: cancelled: enough` })
    expect(telemetry.named('coordination.session-ended')).toMatchObject([
      { metadata: { status: 'cancelled', outcome: 'none' } },
    ])
    await node.close()
    expect(clock.pendingTimers).toBe(0)
  })

  test('its signal cancels it with the signal’s reason; aborted before, nothing begins', async () => {
    const control = new AbortController()
    const { node, team, session, telemetry } = await running({ signal: control.signal })
    await using _ = node
    const reason = new Error('user went home')
    control.abort(reason)
    await expect(session.result).rejects.toBe(reason)
    await expect(runSession(team, barrier, { label: 'x', signal: control.signal })).rejects.toBe(reason)
    expect(telemetry.named('coordination.session-started')).toHaveLength(1)
  })

  test('a node that closes cancels its sessions and starts no more', async () => {
    const { node, team, session, clock } = await running()
    const here = await coordination(node)
    await node.close()
    await expect(session.result).rejects.toMatchObject({ code: 'coordination/session-cancelled' })
    await expect(runSession(team, barrier, { label: 'x' })).rejects.toMatchObject({ code: 'foundation/node-stopped' })
    expect(() => here.start(team, barrier, { spec: { label: 'x' } })).toThrow('the node is closed')
    expect(clock.pendingTimers).toBe(0)
  })

  test('a result that nobody looks at is no unhandled rejection', async () => {
    const { node, session } = await running()
    const unhandled: unknown[] = []
    const listen = (thrown: unknown) => unhandled.push(thrown)
    process.on('unhandledRejection', listen)
    session.cancel()
    await node.close()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
  })
})
