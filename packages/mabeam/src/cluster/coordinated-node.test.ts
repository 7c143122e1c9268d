import { agents, coordination, decide, defineAgent } from '@mabeam/coordination'
import { isMabeamError, memoryEngine } from '@mabeam/foundation'
import { eventually } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { type StartOptions, startNode } from './start-node.ts'

const start = (options: StartOptions) =>
  startNode({ configuration: { file: false, env: { NODE_ENV: 'test' } }, ...options })

const Voter = defineAgent(import.meta.url, {
  name: 'voter',
  version: 1,
  init: () => null,
  requests: { vote: (state, { options }) => [state, { option: options[0] ?? null }] },
})

async function decided(optionsOf: (at: number) => StartOptions) {
  await using engine = memoryEngine()
  await using stack = new AsyncDisposableStack()
  const names = ['north', 'south', 'east', 'west']
  const nodes = []
  for (const [at, name] of names.entries()) {
    const node = stack.use(await start({ engine, name, ...optionsOf(at) }))
    await node.spawn(Voter, undefined, { name, scope: 'system' })
    nodes.push(node)
  }
  const [first] = nodes
  if (first === undefined) throw new Error('no node')
  const directory = await first.directory()
  await eventually(() => names.every((name) => directory.lookup(name) !== undefined))
  const team = agents(first, names)
  return await decide(team, { kind: 'byzantine', options: ['ship', 'wait'], answerTimeoutMs: 1_000 })
}

describe('agents of nodes that were started', () => {
  test('agree with each other, though only one of them was told to', async () => {
    expect(await decided(() => ({}))).toMatchObject({ type: 'decided', value: 'ship', mode: 'sig', turnout: 1 })
  })

  test('of one that is to have no part in it are absent', async () => {
    const outcome = await decided((at) => (at === 3 ? { coordination: false } : {}))
    expect(outcome).toMatchObject({ type: 'decided', turnout: 0.75, tally: { absent: { votes: 1 } } })
  })

  test('coordinate as it was said at the start, and no other way after it', async () => {
    await using node = await start({ name: 'n1', coordination: { sessionsMax: 1 } })
    await expect(coordination(node, { sessionsMax: 2 })).rejects.toMatchObject({ code: 'coordination/options-differ' })
    expect((await coordination(node)).sessions()).toEqual([])
  })

  test('coordinate in one process when they are first asked to', async () => {
    await using node = await start({ name: 'n1', cluster: 'none' })
    await node.spawn(Voter, undefined, { name: 'north' })
    const result = await decide(agents(node, ['north']), { kind: 'majority', options: ['ship'] })
    expect(result).toMatchObject({ type: 'decided', value: 'ship' })
  })

  test('are not started with options that can not be, and the node is closed again', async () => {
    await using engine = memoryEngine()
    const wrong = { engine, name: 'n1', coordination: { sessionMax: 5 } as object }
    const thrown = await start(wrong).catch((error: unknown) => error)
    expect(isMabeamError(thrown) && thrown.message).toContain('did you mean "sessionsMax"?')
    await using again = await start({ engine, name: 'n1' })
    expect(again.name).toBe('n1')
  })
})
