import { startNode } from '@mabeam/foundation'
import { settled, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { agents } from '../agents/agents.ts'
import { defineAgent } from '../agents/define-agent.ts'
import { decide, startDecision } from './decide.ts'

/** Votes for what it was started with, or never. */
const Voter = defineAgent(import.meta.url, {
  name: 'voter',
  version: 1,
  init: (option: string) => option,
  requests: {
    vote: async (option, _, { signal }) => {
      if (option === 'never')
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      return [option, { option }]
    },
    rank: (option, { options }) => [option, { ranking: [option, ...options.filter((one) => one !== option)] }],
  },
})

async function team(votes: { readonly [name: string]: string }) {
  const clock = virtualClock()
  const node = await startNode({ clock })
  for (const [name, option] of Object.entries(votes)) await node.spawn(Voter, option, { name })
  return { node, clock, team: agents(node, Object.keys(votes)) }
}

describe('decide', () => {
  const plans = [
    { id: 'ship', days: 1 },
    { id: 'wait', days: 7 },
  ]

  test('gives the value that was decided, in its type, with what the session took', async () => {
    const { node, team: four } = await team({ north: 'ship', south: 'ship', east: 'wait', west: 'ship' })
    await using _ = node
    const decision = await decide(four, { kind: 'majority', options: plans, deadlineMs: 5_000 })
    expect(decision).toMatchObject({ type: 'decided', support: 3 / 4, rounds: 1, messages: 8, mode: 'direct' })
    if (decision.type !== 'decided') return
    expectTypeOf(decision.value).toEqualTypeOf<{ id: string; days: number }>()
    expect(decision.value.days).toBe(1)
  })

  test('each kind has its own outcome', async () => {
    const { node, team: three } = await team({ north: 'ship', south: 'wait', east: 'wait' })
    await using _ = node
    const options = ['ship', 'wait']
    const ranked = await decide(three, { kind: 'ranked', options: ['ship', 'wait'], method: 'schulze' })
    expect(ranked).toMatchObject({ type: 'decided', value: 'wait', tally: { steps: { method: 'schulze' } } })
    if (ranked.type === 'decided') expectTypeOf(ranked.value).toEqualTypeOf<'ship' | 'wait'>()
    const weights = { north: 3, south: 1, east: 1 }
    expect(await decide(three, { kind: 'weighted', options, weights })).toMatchObject({ value: 'ship' })
    expect(await decide(three, { kind: 'quorum', options })).toMatchObject({ value: 'wait' })
    expect(await decide(three, { kind: 'majority', proposal: 'p' })).toMatchObject({ type: 'undecided' })
  })

  test('does not wait for who can not change anything any more', async () => {
    const { node, team: three } = await team({ north: 'ship', south: 'ship', east: 'never' })
    await using _ = node
    const decision = await decide(three, { kind: 'majority', options: ['ship', 'wait'] })
    expect(decision).toMatchObject({ type: 'decided', value: 'ship', early: true, latencyMs: 0 })
  })

  test('weights may be changed while it runs', async () => {
    const { node, team: three } = await team({ north: 'ship', south: 'wait', east: 'never' })
    await using _ = node
    const session = await startDecision(three, { kind: 'weighted', options: ['ship', 'wait'] })
    await settled()
    session.feedback({ type: 'weights', weights: { north: 3 } })
    expect(await session.result).toMatchObject({ type: 'decided', value: 'ship', early: true })
  })

  test('is undecided when time is up, and says so', async () => {
    const { node, clock, team: three } = await team({ north: 'ship', south: 'never', east: 'never' })
    await using _ = node
    const running = decide(three, { kind: 'majority', options: ['ship', 'wait'], deadlineMs: 1_000 })
    await settled()
    await clock.advance(1_000)
    expect(await running).toMatchObject({ type: 'undecided', reason: 'deadline', latencyMs: 1_000 })
  })

  test('refuses a kind that there is not, and says which was meant', async () => {
    const { node, team: one } = await team({ north: 'ship' })
    await using _ = node
    // @ts-expect-error: there is no such kind.
    await expect(decide(one, { kind: 'majorty', options: ['ship'] })).rejects.toThrow('did you mean "majority"?')
    // @ts-expect-error: there is no such kind.
    await expect(decide(one, { kind: 'constructor', options: ['ship'] })).rejects.toThrow('unknown kind')
    // @ts-expect-error: nothing is said.
    await expect(decide(one, undefined)).rejects.toThrow('expected an object with a kind')
    // @ts-expect-error: another kind has that.
    await expect(decide(one, { kind: 'majority', options: ['ship'], method: 'borda' })).rejects.toThrow('"method"')
  })

  test('a Byzantine decision is by answers that all have agreed on, which is proven', async () => {
    const { node, team: four } = await team({ a: 'accept', b: 'accept', c: 'accept', d: 'accept' })
    await using _ = node
    const decision = await decide(four, { kind: 'byzantine', proposal: { plan: 'p' } })
    expect(decision).toMatchObject({ type: 'decided', value: { plan: 'p' }, mode: 'kernel' })
  })

  test('answers of a Byzantine decision are never asked for by one alone', async () => {
    const { node, team: four } = await team({ a: 'accept', b: 'accept', c: 'accept', d: 'accept' })
    await using _ = node
    const running = decide(four, { kind: 'byzantine', proposal: 'p', integrity: 'direct' })
    await expect(running).rejects.toThrow("integrity: expected 'byzantine'")
  })
})
