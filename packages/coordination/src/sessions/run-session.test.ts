import { settled } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { Liar, Slow, testTeam, Voter } from './agents.fixture.ts'
import { barrier } from './barrier.ts'
import { runSession, startSession } from './run-session.ts'

describe('runSession', () => {
  test('asks all agents and gives the outcome with what it took', async () => {
    const { node, team } = await testTeam({ north: [Voter, 1], south: [Voter, 2], east: [Voter, 3] })
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
    expect(result.session).toMatch(/^mabeam\/here\/\d+\/1$/)
    expect(result.bytes).toBeGreaterThan(0)
  })

  test('agents that are slow, dead, lying or malformed are absent, each for its reason, and hang nobody', async () => {
    const { node, team, clock } = await testTeam(
      {
        good: [Voter, 'yes'],
        slow: [Slow, 60_000],
        dead: undefined,
        thrower: [
          Liar,
          () => {
            throw new Error('no')
          },
        ],
        malformed: [Liar, () => ({ confidence: 2, value: 1 })],
        empty: [Liar, () => undefined],
        huge: [Liar, () => ({ value: 'x'.repeat(100_000_000) })],
      },
      { codec: false },
    )
    await using _ = node
    const running = runSession(team, barrier, { label: 'ready?', answerTimeoutMs: 1_000, needed: 7 })
    const session = await startSession(team, barrier, { label: 'ready?', answerTimeoutMs: 1_000, needed: 1 })
    expect(await session.result).toMatchObject({ type: 'passed', arrived: ['good'] })
    expect(await running).toMatchObject({
      type: 'broken',
      arrived: ['good'],
    })
    await clock.advance(1_000)
    await settled()
  })
})
