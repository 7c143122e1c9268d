import { defineActor, effect, startNode, withEffects } from '@mabeam/foundation'
import { eventually, settled } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { type RegistryWorld, registryWorld } from '../testing/registry-world.fixture.ts'
import type { AgentConfiguration } from './agent-configuration.ts'
import { agentRegistry } from './agent-registry.ts'
import { Voter } from './agents.fixture.ts'

const voter = (id: string, more: Partial<AgentConfiguration> = {}): AgentConfiguration => ({
  id,
  definition: Voter,
  arg: id,
  ...more,
})

const registryOf = async (world: RegistryWorld, at = 0) =>
  await agentRegistry(world.nodes[at] as RegistryWorld['nodes'][0])

describe('agents of one node', () => {
  test('are registered, started, found by what they can do, asked, stopped and forgotten', async () => {
    await using world = await registryWorld()
    const registry = await registryOf(world)
    await registry.register(voter('north', { capabilities: ['vote'], type: 'judge', resources: { cpu: 2 } }))
    expect(await registry.status('north')).toMatchObject({ status: 'registered', health: 'healthy', starts: 0 })
    expect(registry.find({ capability: 'vote' })).toEqual([])
    await registry.start('north')
    const found = registry.find({ capability: 'vote', type: 'judge' })
    expect(found).toMatchObject([{ id: 'north', node: 'n1', resources: { cpu: 2 } }])
    expect((await registry.resources()).used).toEqual({ cpu: 2 })
    const [member] = registry.team({ ids: ['north'] }).members
    expect(await member?.actor.call('vote')).toEqual({ option: 'north' })
    const report = await registry.status('north')
    expect(report).toMatchObject({ status: 'running', health: 'healthy', mailboxSize: 0, node: 'n1' })
    expect(report.memory).toBeUndefined()
    await registry.stop('north')
    expect(registry.team({ capability: 'vote' }).members).toEqual([])
    expect((await registry.history('north')).map(({ event }) => event)).toEqual(['registered', 'started', 'stopped'])
    await registry.unregister('north')
    await expect(registry.status('north')).rejects.toMatchObject({ code: 'coordination/unknown-agent' })
    expect(world.told('coordination.agent-')).toEqual(['registered', 'started', 'stopped'])
  })

  test('a module is imported and its actor found, by its name or as the only one', async () => {
    await using world = await registryWorld()
    const registry = await registryOf(world)
    const module = new URL('./agents.fixture.ts', import.meta.url).href
    const fromJson = JSON.parse(JSON.stringify({ id: 'east', module, arg: 'east', capabilities: ['vote'] }))
    await registry.register(fromJson, { start: true })
    await registry.register({ id: 'west', module, export: 'Voter', arg: 'west' }, { start: true })
    expect(registry.team({}).members.map(({ id }) => id)).toEqual(['east', 'west'])
    const wrong = { id: 'x', module, export: 'Votre' }
    await expect(registry.register(wrong)).rejects.toMatchObject({ code: 'coordination/agent-module' })
    for (const bad of [
      'data:text/javascript,export default 1',
      'node:fs',
      './not-there.ts',
      'no-such-package-at-all',
    ]) {
      await expect(registry.register({ id: 'x', module: bad })).rejects.toMatchObject({
        code: 'coordination/agent-module',
      })
    }
    expect(registry.list()).toHaveLength(2)
  })

  test('one that crashes drops out, is started again by its supervisor, and is found again', async () => {
    await using world = await registryWorld()
    const registry = await registryOf(world)
    const Slow = defineActor(import.meta.url, {
      name: 'slow',
      version: 1,
      init: async (_: unknown, { clock }) => {
        await new Promise<void>((resolve) => void clock.setTimer(300, resolve))
        return { n: 0 }
      },
      casts: {
        crash: {
          run: (s) => {
            if (s.n === 0) throw new Error('boom')
            return s
          },
        },
      },
    })
    await world.after(registry.register({ id: 'slow', definition: Slow }, { start: true }), 500)
    registry.team({}).members[0]?.actor.cast('crash')
    await settled()
    expect(await registry.status('slow')).toMatchObject({ status: 'restarting', health: 'degraded' })
    expect(registry.find()).toEqual([])
    await world.clock.advance(1_000)
    expect(await registry.status('slow')).toMatchObject({ status: 'running', restarts: 1, health: 'degraded' })
    expect(registry.find()).toHaveLength(1)
    await world.clock.advance(10_000)
    expect(await registry.status('slow')).toMatchObject({ health: 'healthy', lastExit: 'crashed: boom' })
    expect(world.told('coordination.agent-')).toEqual(['registered', 'started', 'restarted'])
  })

  test('a restart at once is noticed too, and one that crashes too often has failed and can be started anew', async () => {
    await using world = await registryWorld()
    const registry = await registryOf(world)
    await registry.register(voter('north', { restartsMax: 1 }), { start: true })
    const actor = registry.team({}).members[0]?.actor
    actor?.cast('crash')
    await settled()
    expect(await registry.status('north')).toMatchObject({ status: 'running', restarts: 1, starts: 1 })
    expect(registry.find()).toHaveLength(1)
    actor?.cast('crash')
    await settled()
    expect(await registry.status('north')).toMatchObject({ status: 'failed', health: 'unhealthy' })
    expect(registry.find()).toEqual([])
    await registry.start('north')
    expect(await registry.status('north')).toMatchObject({ status: 'running', starts: 2 })
    await world.clock.advance(10_000)
    expect(await actor?.call('vote')).toEqual({ option: 'north' })
    expect((await registry.history('north')).map(({ event }) => event)).toEqual([
      'registered',
      'started',
      'ended',
      'restarted',
      'failed',
      'started',
    ])
  })

  test('a transient one that ends by itself has stopped, a temporary one that crashes has failed', async () => {
    await using world = await registryWorld()
    const registry = await registryOf(world)
    const Done = defineActor(import.meta.url, {
      name: 'done',
      version: 1,
      init: () => 0,
      casts: { end: { run: (s) => withEffects(s, [effect.stop()]) } },
    })
    await registry.register({ id: 'done', definition: Done, restart: 'transient' }, { start: true })
    await registry.register(voter('once', { restart: 'temporary' }), { start: true })
    const [done, once] = registry.team({ ids: ['done', 'once'] }).members
    done?.actor.cast('end')
    once?.actor.cast('crash')
    await settled()
    expect(await registry.status('done')).toMatchObject({ status: 'stopped', lastExit: 'normal' })
    expect(await registry.status('once')).toMatchObject({ status: 'failed', lastExit: 'crashed: told to' })
    expect(registry.find()).toEqual([])
    await registry.start('done')
    await registry.start('once')
    expect(registry.list()).toMatchObject([
      { id: 'done', status: 'running', starts: 2 },
      { id: 'once', status: 'running', starts: 2 },
    ])
  })

  test('what would not start says why and leaves nothing', async () => {
    await using world = await registryWorld()
    const registry = await registryOf(world)
    const broken = voter('bad', { arg: 'broken' })
    await expect(registry.register(broken, { start: true })).rejects.toThrow('agent "bad" would not start: ')
    expect(registry.list()).toEqual([])
    await registry.register(broken)
    await expect(registry.start('bad')).rejects.toMatchObject({ code: 'coordination/agent-start-failed' })
    expect(await registry.status('bad')).toMatchObject({ status: 'failed', starts: 0 })
    await registry.stop('bad')
    expect(await registry.status('bad')).toMatchObject({ status: 'failed' })
  })

  test('start and stop may be asked for twice and at once, and restart begins a new life', async () => {
    await using world = await registryWorld()
    const registry = await registryOf(world)
    await registry.register(voter('north'))
    await Promise.all([registry.start('north'), registry.start('north')])
    expect(await registry.status('north')).toMatchObject({ starts: 1, status: 'running' })
    await Promise.all([registry.stop('north'), registry.start('north'), registry.stop('north'), registry.stop('north')])
    expect(await registry.status('north')).toMatchObject({ starts: 2, status: 'stopped' })
    await registry.restart('north')
    expect(await registry.status('north')).toMatchObject({ starts: 3, status: 'running' })
    const gone = AbortSignal.abort(new Error('not wanted'))
    await expect(registry.stop('north', { signal: gone })).rejects.toThrow('not wanted')
  })

  test('history and agents are bounded', async () => {
    await using world = await registryWorld()
    const registry = await agentRegistry(world.nodes[0], { historyMax: 3, agentsMax: 2 })
    await registry.register(voter('a'))
    for (let i = 0; i < 3; i++) await registry.restart('a')
    expect((await registry.history('a')).map(({ event }) => event)).toEqual(['started', 'stopped', 'started'])
    await registry.register(voter('b'))
    await expect(registry.register(voter('c'))).rejects.toMatchObject({ code: 'foundation/limit-reached' })
    const roles = { x: { definition: Voter } }
    const over = registry.registerEcosystem({ id: 'e', roles })
    await expect(over).rejects.toMatchObject({ code: 'foundation/limit-reached' })
    await registry.unregister('b')
    await registry.registerEcosystem({ id: 'e', roles })
  })

  test('the mailbox shows in depth and health, and memory where it runs in a thread', async () => {
    await using node = await startNode({ name: 'threads' })
    const registry = await agentRegistry(node)
    const module = new URL('./agents.fixture.ts', import.meta.url).href
    await registry.register({ id: 'apart', module, isolation: 'thread', mailboxCapacity: 10 }, { start: true })
    const actor = registry.team({}).members[0]?.actor
    expect(await actor?.call('vote')).toEqual({ option: 'none' })
    for (let i = 0; i < 9; i++) actor?.cast('note')
    expect(await registry.status('apart')).toMatchObject({ mailboxSize: 9, health: 'unhealthy' })
    // Each turn waits for the thread, which is looked at from time to time.
    await eventually(async () => {
      await actor?.call('vote')
      return (await registry.status('apart')).memory !== undefined
    }, 1_000_000)
    expect((await registry.status('apart')).memory).toMatchObject({ sharedBy: 1 })
  })

  test('while the engine is away a start waits for it, and says so in the end; a stop does not wait', async () => {
    await using world = await registryWorld()
    const registry = await registryOf(world)
    await registry.register(voter('north', { startMs: 3_000 }))
    world.isAway = true
    const starting = registry.start('north')
    await world.clock.advance(1_000)
    expect(registry.find()).toEqual([])
    world.isAway = false
    await world.after(starting, 1_000)
    expect(registry.find()).toHaveLength(1)
    world.isAway = true
    await world.after(registry.stop('north'), 1_000)
    expect(await registry.status('north')).toMatchObject({ status: 'stopped' })
    const error = await world.after(registry.start('north').catch((thrown) => thrown))
    expect(error).toMatchObject({ code: 'coordination/agent-start-failed', retryable: true })
    expect(await registry.status('north')).toMatchObject({ status: 'stopped' })
    world.isAway = false
    await world.clock.advance(5_000)
    expect(registry.find()).toEqual([])
    await world.after(registry.start('north'))
    expect(registry.find()).toHaveLength(1)
  })

  test('a node that is not there, or a name that an actor has, keeps it from starting', async () => {
    await using world = await registryWorld()
    const registry = await registryOf(world)
    const nowhere = registry.register(voter('far', { placement: { node: 'nope' } }), { start: true })
    await expect(world.after(nowhere, 40_000)).rejects.toMatchObject({ code: 'coordination/agent-start-failed' })
    await world.after(world.nodes[0].spawn(Voter, 'x', { name: 'taken', scope: 'system' }))
    await expect(world.after(registry.register(voter('taken'), { start: true }))).rejects.toMatchObject({
      code: 'coordination/agent-start-failed',
    })
    expect(registry.list()).toEqual([])
  })

  test('closing it stops its agents; a node that closes does so', async () => {
    await using world = await registryWorld()
    const registry = await registryOf(world)
    await registry.register(voter('north'), { start: true })
    await registry[Symbol.asyncDispose]()
    await registry[Symbol.asyncDispose]()
    await expect(registry.register(voter('x'))).rejects.toMatchObject({ code: 'coordination/registry-closed' })
    await expect(registry.start('north')).rejects.toMatchObject({ code: 'coordination/registry-closed' })
    const again = await registryOf(world)
    expect(again).not.toBe(registry)
    await again.register(voter('north'), { start: true })
    expect(again.find()).toHaveLength(1)
  })
})

describe('an ecosystem', () => {
  const roles = {
    lead: { definition: Voter, arg: 'lead', capabilities: ['lead'] },
    coder: { definition: Voter, type: 'coder' },
  }

  test('starts, stops and restarts as a whole, and each role is an agent', async () => {
    await using world = await registryWorld()
    const registry = await registryOf(world)
    await registry.registerEcosystem({ id: 'crew', roles, strategy: 'one-for-all' }, { start: true })
    expect(registry.team({}).members.map(({ id }) => id)).toEqual(['crew.coder', 'crew.lead'])
    expect(await registry.status('crew.lead')).toMatchObject({ ecosystem: 'crew', status: 'running' })
    await expect(registry.stop('crew.lead')).rejects.toMatchObject({ code: 'coordination/agent-in-ecosystem' })
    registry.team({ ids: ['crew.coder'] }).members[0]?.actor.cast('crash')
    await settled()
    await world.clock.advance(50)
    const [crew] = registry.ecosystems()
    expect(crew?.roles.map(({ status, restarts }) => [status, restarts])).toEqual([
      ['running', 1],
      ['running', 1],
    ])
    expect(registry.team({ ids: ['crew'] }).members).toHaveLength(2)
    expect(await registry.status('crew')).toMatchObject({ type: 'ecosystem', status: 'running', restarts: 2 })
    await registry.stop('crew')
    expect(registry.find()).toEqual([])
    expect(await registry.status('crew')).toMatchObject({ status: 'stopped' })
    await registry.start('crew')
    expect(registry.find()).toHaveLength(2)
  })

  test('of which one role would not start does not run at all', async () => {
    await using world = await registryWorld()
    const registry = await registryOf(world)
    const bad = { ...roles, tester: { definition: Voter, arg: 'broken' } }
    await registry.registerEcosystem({ id: 'crew', roles: bad })
    await expect(registry.start('crew')).rejects.toMatchObject({ code: 'coordination/agent-start-failed' })
    expect(registry.find()).toEqual([])
    expect(registry.list().map(({ status }) => status)).toEqual(['failed', 'failed', 'failed'])
  })

  test('that gives up has failed with all its roles', async () => {
    await using world = await registryWorld()
    const registry = await registryOf(world)
    await registry.registerEcosystem({ id: 'crew', roles, restartsMax: 0 }, { start: true })
    registry.team({ ids: ['crew.coder'] }).members[0]?.actor.cast('crash')
    await settled()
    expect(registry.list().map(({ status }) => status)).toEqual(['failed', 'failed'])
    expect(registry.find()).toEqual([])
  })
})

describe('agents of several nodes', () => {
  test('are found and asked from every node, and started, stopped and looked at from there', async () => {
    await using world = await registryWorld(['n1', 'n2'])
    const [here, there] = [await registryOf(world), await registryOf(world, 1)]
    await world.after(here.register(voter('north', { capabilities: ['vote'] })))
    await world.after(there.start('north'))
    expect(there.find({ capability: 'vote' })).toMatchObject([{ id: 'north', node: 'n1' }])
    const [member] = there.team({ capability: 'vote' }).members
    expect(await world.after(member?.actor.call('where') as Promise<unknown>)).toBe('n1')
    expect(await world.after(there.status('north'))).toMatchObject({ status: 'running', registeredOn: 'n1' })
    member?.actor.cast('crash')
    await world.clock.advance(1_000)
    expect(await world.after(member?.actor.call('vote') as Promise<unknown>)).toEqual({ option: 'north' })
    await world.after(there.stop('north'))
    expect(here.find()).toEqual([])
    expect((await world.after(there.history('north'))).at(-1)?.event).toBe('stopped')
    await expect(world.after(there.register(voter('north')))).rejects.toMatchObject({
      code: 'coordination/agent-exists',
    })
    await expect(there.start('nroth')).rejects.toMatchObject({ code: 'coordination/unknown-agent' })
  })

  test('those of a node that is gone drop out', async () => {
    await using world = await registryWorld(['n1', 'n2'])
    const [here, there] = [await registryOf(world), await registryOf(world, 1)]
    await world.after(there.register(voter('south'), { start: true }))
    expect(here.find()).toHaveLength(1)
    await world.after(world.nodes[1].close(), 10_000)
    expect(here.find()).toEqual([])
    await world.after(here.register(voter('south'), { start: true }))
    expect(here.find()).toMatchObject([{ node: 'n1' }])
  })

  test('one whose name was taken over by another node stops, since of two of a name one has to go', async () => {
    await using world = await registryWorld(['n1', 'n2'])
    const registry = await registryOf(world)
    await world.after(registry.register(voter('north'), { start: true }))
    const { records } = await world.nodes[1].directory()
    const other = await world.after(world.nodes[1].spawn(Voter, 'other'))
    const place = { kind: 'name', of: 'north', key: 'name.north' } as const
    await world.after(records.takeOver(place, { address: other.address, metadata: null }, () => true))
    expect(await registry.status('north')).toMatchObject({
      status: 'stopped',
      lastExit: expect.stringContaining('taken over'),
    })
    expect(registry.find()).toEqual([])
    await expect(world.after(registry.start('north'))).rejects.toMatchObject({
      code: 'coordination/agent-start-failed',
    })
  })

  test('a singleton runs once, is found once, and comes back on another node', async () => {
    await using world = await registryWorld(['n1', 'n2'])
    const [here, there] = [await registryOf(world), await registryOf(world, 1)]
    const boss = voter('boss', { placement: 'singleton', capabilities: ['lead'] })
    await world.after(here.register(boss, { start: true }))
    await world.after(there.register(boss, { start: true }))
    expect(there.find({ capability: 'lead' }).map(({ id }) => id)).toEqual(['boss'])
    const where = () => world.after(there.team({ ids: ['boss'] }).members[0]?.actor.call('where') as Promise<unknown>)
    expect(await where()).toBe('n1')
    expect(await there.status('boss')).toMatchObject({ node: 'n1', health: 'unknown' })
    await world.after(world.nodes[0].close(), 20_000)
    expect(await where()).toBe('n2')
    expect(await there.status('boss')).toMatchObject({ node: 'n2', health: 'healthy' })
    await world.after(there.stop('boss'))
    expect(there.find()).toEqual([])
  })

  test('replicas are all found and each called by its own name, and stopped on all nodes at once', async () => {
    await using world = await registryWorld(['n1', 'n2'])
    const registries = [await registryOf(world), await registryOf(world, 1)]
    const scout = voter('scout', { placement: 'replicated' })
    for (const one of registries) await world.after(one.register(scout, { start: true }))
    for (const one of registries) {
      const { members } = one.team({ ids: ['scout'] })
      expect(members.map(({ id }) => id)).toEqual(['scout/n1', 'scout/n2'])
      const asked = Promise.all(members.map(({ actor }) => actor.call('where') as Promise<unknown>))
      expect(await world.after(asked)).toEqual(['n1', 'n2'])
      expect(await world.after(one.status('scout/n2'))).toMatchObject({ registeredOn: 'n2', status: 'running' })
    }
    await world.after((registries[1] as (typeof registries)[0] & object).stop('scout'))
    for (const one of registries) expect(one.find()).toEqual([])
  })

  test('one that is placed on another node runs and is restarted there', async () => {
    await using world = await registryWorld(['n1', 'n2'])
    const [here, there] = [await registryOf(world), await registryOf(world, 1)]
    await world.after(here.register(voter('far', { placement: { node: 'n2' } }), { start: true }))
    const [member] = there.team({ ids: ['far'] }).members
    expect(there.find()).toMatchObject([{ node: 'n2' }])
    expect(await world.after(member?.actor.call('where') as Promise<unknown>)).toBe('n2')
    member?.actor.cast('crash')
    await world.clock.advance(2_000)
    expect(await here.status('far')).toMatchObject({ status: 'running', restarts: 1, node: 'n2' })
    await world.after(here.stop('far'))
    await world.clock.advance(1_000)
    expect(world.nodes[1].supervisionTree().supervisors.map(({ name }) => name)).not.toContain('far')
    await world.after(here.start('far'))
    await world.after(world.nodes[1].close(), 20_000)
    expect(await here.status('far')).toMatchObject({ status: 'failed', lastExit: 'node-down' })
  })
})
