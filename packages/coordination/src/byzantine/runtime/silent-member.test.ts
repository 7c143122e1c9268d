import { describe, expect, test } from 'vitest'
import { agents } from '../../agents/agents.ts'
import type { Gathered } from '../../sessions/collector.ts'
import { hostWorld } from '../../testing/host-world.fixture.ts'
import { byzantineCollector } from './byzantine-collector.ts'
import type { ReplicaHost } from './replica-host.ts'

/** Nobody is ever suspected, so that members that are gone lead as often as others. */
const optionsOf = () => ({ suspicion: { suspectAt: 9 } })
const timeoutMs = 5_000
const closeMs = 2_000

describe('members that are gone', () => {
  test.each([
    [[['a', 'b', 'c'], ['d']]],
    [[['a'], ['b'], ['c'], ['d']]],
    [
      [
        ['a', 'b', 'c', 'd', 'e'],
        ['f', 'g'],
      ],
    ],
  ])('of %j, the last node: whoever leads then, the others decide in the time that there is', async (members) => {
    await using world = await hostWorld(members, optionsOf, 50)
    await world.ask('to know the keys')
    await world.hosts.at(-1)?.[Symbol.asyncDispose]()
    const gone = members.at(-1)?.length ?? 0
    // Who leads is drawn: in 99 of 100 runs who is gone is among them.
    for (let ask = 0; ask < 16; ask++) {
      const beganMs = world.clock.monotonicMs()
      const gathered = await world.ask(`ask ${ask}`, { timeoutMs })
      expect(gathered.provisional, `ask ${ask}`).toBeUndefined()
      const answered = world.answersOf(gathered).filter((one) => one === 'answer')
      expect(answered).toHaveLength(members.flat().length - gone)
      expect(world.clock.monotonicMs() - beganMs).toBeLessThan(timeoutMs + closeMs)
    }
  })
})

describe('members whose node has no host open', () => {
  test('are not waited for, and it is said what may be wrong', async () => {
    await using world = await hostWorld([['a', 'b', 'c'], ['d']])
    await world.hosts.at(-1)?.[Symbol.asyncDispose]()
    const beganMs = world.clock.monotonicMs()
    const gathered = await world.ask('first', { timeoutMs })
    expect(world.answersOf(gathered)).toEqual(['answer', 'answer', 'answer', 'late'])
    expect(gathered.answers.at(-1)).toMatchObject({
      because: expect.stringContaining('has it opened its coordination?'),
    })
    // Its node was asked for a quarter of the time, and then nobody was waited for.
    expect(world.clock.monotonicMs() - beganMs).toBeLessThan(timeoutMs / 4 + 500)
  })
})

describe('members that are nowhere', () => {
  test('are spoken for by nobody: the others decide while they are a quorum, and nothing without one', async () => {
    await using world = await hostWorld([['a'], ['b'], ['c']])
    const [node] = world.nodes
    if (node === undefined) throw new Error('no node')
    const asked = async (ids: readonly string[], ask: string) => {
      const { members } = agents(node, ids)
      const heard: Gathered[] = []
      const input = { session: 's', round: 1, question: 'q', options: ['a'] }
      const fixed = { session: 's', ask, round: 1, request: 'vote', input, inputBytes: 1, answerBytesMax: 500 } as const
      const collector = byzantineCollector(world.hosts[0] as ReplicaHost, { members })
      const { signal } = new AbortController()
      await world.settle(
        collector.collect({ ...fixed, to: members, timeoutMs: 2_000 }, (one) => heard.push(one), signal),
      )
      return heard[0]
    }
    const beganMs = world.clock.monotonicMs()
    const three = await asked(['a', 'b', 'c', 'x'], 'three of four')
    expect(three && world.answersOf(three)).toEqual(['answer', 'answer', 'answer', 'gone'])
    expect(three?.certificate?.decision.certificate.votes).toHaveLength(3)
    // Nobody waits for who can't come.
    expect(world.clock.monotonicMs() - beganMs).toBeLessThan(500)
    const none = await asked(['a', 'b', 'x', 'y'], 'two of four')
    expect(none).toMatchObject({ provisional: true })
    expect(none && world.answersOf(none)).toEqual(['late', 'late', 'gone', 'gone'])
    // As many dead members as living ones: whoever asks does not get their votes.
    expect(await asked(['a', 'b', 'c', 'v', 'w', 'x', 'y'], 'three of seven')).toMatchObject({ provisional: true })
  })
})
