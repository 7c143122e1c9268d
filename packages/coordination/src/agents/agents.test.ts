import { defineActor, startNode } from '@mabeam/foundation'
import { virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { membersMax } from '../byzantine/committee.ts'
import { agents, type TeamEntry } from './agents.ts'
import { defineAgent } from './define-agent.ts'

const Echo = defineActor(import.meta.url, {
  name: 'echo',
  version: 1,
  init: (said: string) => said,
  calls: { ballot: { run: (said) => [said, { value: said }] } },
})

const asked = { session: 's', round: 1, question: 'what?' }

describe('agents', () => {
  test('names, references and entries with capabilities make a team', async () => {
    await using node = await startNode({ clock: virtualClock(), name: 'here' })
    const north = await node.spawn(Echo, 'north', { name: 'north' })
    const nameless = await node.spawn(Echo, 'nameless')
    const { members } = agents(node, [
      'north',
      nameless,
      { id: 'boss', actor: north, capabilities: ['tie-break'] },
      { id: 'second', actor: 'north' },
    ])
    expect(members.map(({ id }) => id)).toEqual(['north', `here/${nameless.address.id}`, 'boss', 'second'])
    expect(members.map(({ capabilities }) => capabilities)).toEqual([[], [], ['tie-break'], []])
    const said = await Promise.all(members.map(({ actor }) => actor.call('ballot', asked)))
    expect(said).toEqual(['north', 'nameless', 'north', 'north'].map((value) => ({ value })))
  })

  test('a name that nobody has here is found in the system, also when it appears later', async () => {
    await using node = await startNode({ clock: virtualClock() })
    const [member] = agents(node, ['late']).members
    await expect(member?.actor.call('ballot', asked)).rejects.toMatchObject({ code: 'foundation/no-such-actor' })
    await node.spawn(Echo, 'here now', { name: 'late', scope: 'system' })
    expect(await member?.actor.call('ballot', asked)).toEqual({ value: 'here now' })
  })

  test('a name of this node stays good over the lives of its actor', async () => {
    await using node = await startNode({ clock: virtualClock() })
    await node.spawn(Echo, 'first', { name: 'north' })
    const [member] = agents(node, ['north']).members
    await node.stop(node.named('north'))
    await node.spawn(Echo, 'second', { name: 'north' })
    expect(await member?.actor.call('ballot', asked)).toEqual({ value: 'second' })
  })

  test('nobody, doubles, too many, and what is no agent are refused by what was expected', async () => {
    await using node = await startNode({ clock: virtualClock() })
    const bad: [unknown, string][] = [
      [[], 'team: expected an array of agents, got none'],
      ['north', 'team: expected an array of agents, got none'],
      [['a', 'a'], 'team: expected each agent once, got "a" twice'],
      [[''], 'team: expected an id of 1 to 1024 characters other than __proto__, got ""'],
      [['x'.repeat(1_025)], 'team: expected an id of 1 to 1024 characters'],
      [['__proto__'], 'other than __proto__, got "__proto__"'],
      [[{ call: () => {}, address: undefined }], 'team: expected a name, a reference'],
      [[null], 'team: expected a name, a reference to an actor, or { id, actor, capabilities }, got null'],
      [[{ id: 'a' }], 'team: expected a name, a reference'],
      [[{ id: 'a', actor: 'b', capabilities: [1] }], 'team: expected capabilities of "a" that are words'],
      [Array.from({ length: membersMax + 1 }, (_, i) => `a${i}`), 'team: expected at most 10000 agents, got 10001'],
    ]
    for (const [members, sentence] of bad) {
      expect(() => agents(node, members as TeamEntry[])).toThrow(sentence)
    }
    expect(
      agents(
        node,
        Array.from({ length: membersMax }, (_, i) => `a${i}`),
      ).members,
    ).toHaveLength(membersMax)
  })
})

describe('defineAgent', () => {
  test('its requests are calls that are typed, and checked by the schemas of the requests', async () => {
    const Cautious = defineAgent(import.meta.url, {
      name: 'cautious',
      version: 1,
      init: (asked: number) => ({ asked }),
      requests: {
        vote: ({ asked }, { options }) => [{ asked: asked + 1 }, { option: options.at(-1) ?? null }],
        estimate: async (state, { unit }) => [state, { value: unit === 'ms' ? 1_000 : 1 }],
      },
      calls: { count: { run: (state) => [state, state.asked] } },
      casts: { forget: { run: () => ({ asked: 0 }) } },
    })
    await using node = await startNode({ clock: virtualClock() })
    const cautious = await node.spawn(Cautious, 3)
    const vote: { option: string | null } = await cautious.call('vote', { ...asked, options: ['a', 'b'] })
    expect(vote).toEqual({ option: 'b' })
    expect(await cautious.call('estimate', { ...asked, unit: 'ms' })).toEqual({ value: 1_000 })
    expect(await cautious.call('count')).toBe(4)
    cautious.cast('forget')
    expect(await cautious.call('count')).toBe(0)
    await expect(cautious.call('vote', { ...asked, options: [] })).rejects.toMatchObject({
      code: 'foundation/invalid-message',
    })
  })

  test('what is no request, and what is no handler, is refused', () => {
    const define = (requests: object) => () =>
      defineAgent(import.meta.url, { name: 'odd', version: 1, init: () => 0, requests })
    expect(define({ voet: () => [0, {}] })).toThrow('unknown option "voet"; did you mean "vote"?')
    expect(define({ vote: 1 })).toThrow('defineAgent odd: requests: vote: expected a function, got 1')
    expect(define(undefined as unknown as object)).toThrow('expected an object')
  })
})
