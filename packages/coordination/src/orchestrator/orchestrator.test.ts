import { settled } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { agentRegistry } from '../registry/agent-registry.ts'
import { Voter } from '../registry/agents.fixture.ts'
import { type RegistryWorld, registryWorld } from '../testing/registry-world.fixture.ts'
import { decide } from '../voting/decide.ts'
import type { Directive } from './directive.ts'
import { parameterTuning } from './kinds/parameter-tuning.ts'
import { resourceAllocation } from './kinds/resource-allocation.ts'
import { type Orchestrator, orchestrator } from './orchestrator.ts'
import type { OrchestratorOptions } from './orchestrator-options.ts'
import { Slow } from './slow-start.fixture.ts'
import { Steward } from './steward.ts'

async function opened(
  world: RegistryWorld,
  options: OrchestratorOptions = {},
  ids: readonly string[] = ['a', 'b', 'c'],
) {
  const registry = await agentRegistry(world.nodes[0])
  for (const id of ids)
    await world.after(registry.register({ id, definition: Voter, arg: id, resources: { slots: 1 } }))
  return { registry, system: await orchestrator(world.nodes[0], options) }
}

/** A directive over a, b and c that says what it is given. */
const says = (outcome: unknown, more: Partial<Directive> = {}): Directive => ({
  id: 'd',
  type: 'test',
  agents: ['a', 'b', 'c'],
  coordinate: () => outcome as ReturnType<Directive['coordinate']>,
  ...more,
})

const turnOf = async (world: RegistryWorld, system: Orchestrator, given?: unknown) => {
  const [turn] = await world.after(system.coordinateSystem(undefined, given))
  if (turn === undefined) throw new Error('expected a turn')
  return turn
}

describe('coordinateSystem', () => {
  test('starts, stops and sets what a directive says, and leaves what is so already', async () => {
    await using world = await registryWorld()
    const { registry, system } = await opened(world)
    await world.after(registry.start('a'))
    const outcome = { start: ['b', 'b'], stop: ['a', 'c'], set: { level: 3 }, because: 'so' }
    const handle = await system.add(says(outcome, { parameters: { level: { initial: 1 } } }))
    expect(handle.values).toEqual({ level: 1 })
    const first = await turnOf(world, system)
    expect(first.coordinated).toEqual({
      type: 'applied',
      changes: [
        { type: 'stop', id: 'a' },
        { type: 'start', id: 'b' },
        { type: 'set', parameter: 'level', value: 3 },
      ],
      because: 'so',
    })
    expect(registry.find().map(({ id }) => id)).toEqual(['b'])
    expect(handle.values).toEqual({ level: 3 })
    expect((await turnOf(world, system)).coordinated).toEqual({ type: 'unchanged' })
    expect(system.history({ directive: 'd' }).map(({ turn }) => turn)).toEqual([1, 2])
    expect(world.told('coordination.directive-')).toEqual(['coordinated', 'coordinated'])
  })

  test('a function is given agents, team, values, metrics, what was handed in, and its history', async () => {
    await using world = await registryWorld()
    const { registry, system } = await opened(world, { measure: () => ({ load: 0.5 }) })
    await world.after(registry.start('a'))
    const seen: unknown[] = []
    await system.add(
      says(undefined, {
        parameters: { level: { initial: 1 } },
        coordinate: async (input) => {
          const { agents, values, metrics, given, history, team, resources } = input
          const votes = await Promise.all(team.members.map(({ actor }) => actor.call('vote')))
          const statuses = agents.map(({ id, status }) => `${id} ${status}`)
          seen.push({ statuses, values, metrics, given, turns: history.length, votes, used: resources.used })
          return undefined
        },
      }),
    )
    await turnOf(world, system, { backlog: 7 })
    expect(seen).toEqual([
      {
        statuses: ['a running', 'b registered', 'c registered'],
        values: { level: 1 },
        metrics: { load: 0.5 },
        given: { backlog: 7 },
        turns: 0,
        votes: [{ option: 'a' }],
        used: { slots: 1 },
      },
    ])
  })

  test('a function may let the agents vote on what is to be done', async () => {
    await using world = await registryWorld()
    const { registry, system } = await opened(world, {}, [])
    for (const [id, favourite] of Object.entries({ a: 'two', b: 'two', c: 'one' })) {
      await world.after(registry.register({ id, definition: Voter, arg: favourite }, { start: true }))
    }
    await world.after(registry.register({ id: 'd', definition: Voter, arg: 'd' }))
    const directive = says(undefined, {
      agents: ['a', 'b', 'c', 'd'],
      parameters: { level: { initial: 'none' } },
      coordinate: async ({ team, signal }) => {
        const decision = await decide(team, { kind: 'majority', options: ['one', 'two'], signal })
        return decision.type === 'decided' ? { set: { level: decision.value }, start: ['d'] } : undefined
      },
    })
    const handle = await system.add(directive)
    expect((await turnOf(world, system)).coordinated.type).toBe('applied')
    expect(handle.values).toEqual({ level: 'two' })
    expect(registry.find()).toHaveLength(4)
  })

  test('an ecosystem is started and stopped by its id, with what its roles need', async () => {
    await using world = await registryWorld()
    const { registry, system } = await opened(world, { capacity: { slots: 1 } })
    const role = { definition: Voter, resources: { slots: 1 } }
    await world.after(registry.registerEcosystem({ id: 'big', roles: { lead: role, coder: role } }))
    await world.after(registry.registerEcosystem({ id: 'small', roles: { lead: role } }))
    await system.add({ ...says({ start: ['big'] }, { agents: ['big'] }), id: 'one' })
    await system.add({ ...says({ start: ['small'] }, { agents: ['small'] }), id: 'two' })
    const turns = await world.after(system.coordinateSystem())
    expect(turns.map(({ coordinated }) => coordinated.type)).toEqual(['refused', 'applied'])
    expect(registry.find().map(({ id }) => id)).toEqual(['small.lead'])
  })

  test('an outcome that breaks a constraint is not done, and says which one and what was got', async () => {
    await using world = await registryWorld()
    const { registry, system } = await opened(world, {
      capacity: { slots: 2 },
      constraints: [{ name: 'a-stays', holds: ({ running }) => running.includes('a') || `only ${running.join()}` }],
    })
    await world.after(registry.start('a'))
    const wants = (id: string, outcome: unknown, more: Partial<Directive> = {}) =>
      system.add({ ...says(outcome, more), id })
    await wants('room', { start: ['b', 'c'] })
    await wants('global', { start: ['b'], stop: ['a'] })
    await wants('both', { start: ['b'], stop: ['b'] })
    await wants('foreign', { stop: ['zed'], set: { no: 1 } })
    await wants('throws', { start: ['b'] }, { constraints: [{ name: 'own', holds: () => JSON.parse('{') }] })
    await wants('promise', { start: ['b'] }, { constraints: [{ name: 'own', holds: (async () => true) as never }] })
    const parameters = { level: { initial: 1, accepts: (value: unknown) => Number(value) < 5 || `${value} of 5` } }
    await wants('value', { start: ['b'], set: { level: 9 } }, { parameters })
    const turns = await world.after(system.coordinateSystem())
    const got = turns.map(({ coordinated }) => (coordinated.type === 'refused' ? coordinated.violations : coordinated))
    expect(got).toEqual([
      [{ constraint: 'resources', got: 'slots: 3 of 2' }],
      [{ constraint: 'a-stays', got: 'only b' }],
      [{ constraint: 'start-or-stop', got: '["b"] to be started and stopped' }],
      [
        { constraint: 'own-agents', got: '["zed"], which are no registered agents of this directive' },
        { constraint: 'own-parameters', got: '["no"], which are no parameters of this directive' },
      ],
      [{ constraint: 'own', got: expect.stringContaining('it threw: ') }],
      [{ constraint: 'own', got: '{}, where true or false was expected' }],
      [{ constraint: 'parameter-values', got: 'level: 9 of 5' }],
    ])
    expect(registry.find().map(({ id }) => id)).toEqual(['a'])
    expect(system.history().every(({ coordinated }) => coordinated.type === 'refused')).toBe(true)
    expect(world.telemetry.named('coordination.directive-refused')).toHaveLength(8)
  })

  test('what two directives want at once is held against what the first has done', async () => {
    await using world = await registryWorld()
    const { registry, system } = await opened(world, { capacity: { slots: 2 } })
    await system.add({ ...says({ start: ['a', 'b'] }), id: 'one' })
    await system.add({ ...says({ start: ['c'] }), id: 'two' })
    const turns = await world.after(system.coordinateSystem())
    expect(turns.map(({ coordinated }) => coordinated.type)).toEqual(['applied', 'refused'])
    expect(registry.find()).toHaveLength(2)
  })

  test('one that fails, hangs or talks nonsense stops no other', async () => {
    await using world = await registryWorld()
    const { registry, system } = await opened(world, { timeoutMs: 1_000 })
    const failing = (id: string, coordinate: Directive['coordinate']) =>
      system.add({ ...says(undefined), id, coordinate })
    await failing('throws', () => {
      throw new Error('no idea')
    })
    await failing('hangs', () => new Promise(() => {}))
    for (const [id, nonsense] of Object.entries({
      text: 'go',
      key: { begin: [] },
      ids: { start: 'a' },
      blank: { set: { x: undefined } },
    })) {
      await system.add({ ...says(nonsense), id })
    }
    await system.add(says({ start: ['a'] }))
    const turns = await world.after(system.coordinateSystem())
    const codes = turns.map(({ coordinated }) => (coordinated.type === 'failed' ? coordinated.code : coordinated.type))
    const invalid = 'coordination/invalid-outcome'
    const expected = [
      'foundation/uncaught',
      'coordination/directive-timeout',
      invalid,
      invalid,
      invalid,
      invalid,
      'applied',
    ]
    expect(codes).toEqual(expected)
    expect(registry.find()).toHaveLength(1)
    expect(world.clock.pendingTimers).toBeLessThan(20)
  })

  test('a start that fails undoes what was done before it', async () => {
    await using world = await registryWorld()
    const { registry, system } = await opened(world)
    await world.after(registry.register({ id: 'bad', definition: Voter, arg: 'broken' }))
    await world.after(registry.start('a'))
    const agents = ['a', 'b', 'bad']
    const parameters = { level: { initial: 1 } }
    const handle = await system.add(
      says({ stop: ['a'], start: ['b', 'bad'], set: { level: 2 } }, { agents, parameters }),
    )
    const { coordinated } = await turnOf(world, system)
    expect(coordinated).toMatchObject({ type: 'rolled-back', failed: { type: 'start', id: 'bad' } })
    expect(registry.find().map(({ id }) => id)).toEqual(['a'])
    expect(handle.values).toEqual({ level: 1 })
  })

  test('a set that cannot be sent is undone with all the rest', async () => {
    await using world = await registryWorld()
    const { registry, system } = await opened(world)
    const parameters = {
      first: { initial: 0 },
      soft: { initial: 0, consistency: 'eventual' as const },
      last: { initial: 0 },
    }
    const set = { first: 1, soft: 1, last: () => 1 }
    const handle = await system.add(says({ start: ['a'], set }, { parameters }))
    expect((await turnOf(world, system)).coordinated).toMatchObject({
      type: 'rolled-back',
      failed: { parameter: 'last' },
    })
    expect(registry.find()).toEqual([])
    expect(await world.after(handle.read())).toEqual({ first: 0, soft: 0, last: 0 })
  })

  test('cancelling undoes what was begun and rejects with the reason', async () => {
    await using world = await registryWorld()
    const { registry, system } = await opened(world)
    const slow = { id: 'slow', definition: Slow }
    await world.after(registry.register(slow))
    await system.add(says({ start: ['a', 'slow'] }, { agents: ['a', 'slow'] }))
    const controller = new AbortController()
    const work = system.coordinateSystem('d', undefined, { signal: controller.signal })
    work.catch(() => {})
    await world.clock.advance(100)
    expect(registry.find().map(({ id }) => id)).toEqual(['a'])
    controller.abort(new Error('changed my mind'))
    await expect(world.after(work)).rejects.toThrow('changed my mind')
    expect(registry.find()).toEqual([])
    expect(system.history()).toMatchObject([{ coordinated: { type: 'rolled-back', message: 'changed my mind' } }])
    await expect(system.coordinateSystem('d', undefined, { signal: controller.signal })).rejects.toThrow(
      'changed my mind',
    )
  })

  test('of one directive there is one turn at a time', async () => {
    await using world = await registryWorld()
    const { system } = await opened(world)
    const gate = Promise.withResolvers<undefined>()
    await system.add(says(undefined, { coordinate: () => gate.promise }))
    const first = system.coordinateSystem()
    await settled()
    expect(await turnOf(world, system)).toMatchObject({ turn: 0, coordinated: { type: 'busy' } })
    gate.resolve(undefined)
    expect(await world.after(first)).toMatchObject([{ turn: 1, coordinated: { type: 'unchanged' } }])
    expect(system.history()).toHaveLength(1)
  })

  test('adapts to what was measured, under the same constraints, and not to what could not be measured', async () => {
    await using world = await registryWorld()
    let load = Number.NaN
    const { registry, system } = await opened(world, { measure: () => ({ load }) })
    const adapt: Directive['adapt'] = (metrics) => ({ start: (metrics.load ?? 0) > 0.5 ? ['a'] : [] })
    const constraints = [{ name: 'calm', holds: () => load < 0.9 }]
    await system.add(says(undefined, { adapt, constraints }))
    expect((await turnOf(world, system)).adapted).toBeUndefined()
    expect(world.telemetry.named('coordination.directive-failed')).toMatchObject([{ metadata: { step: 'measure' } }])
    load = 0.95
    expect((await turnOf(world, system)).adapted).toMatchObject({
      type: 'refused',
      violations: [{ constraint: 'calm' }],
    })
    load = 0.8
    expect((await turnOf(world, system)).adapted).toMatchObject({ type: 'applied' })
    expect(registry.find()).toHaveLength(1)
    expect(world.telemetry.named('coordination.directive-adapted')).toHaveLength(2)
  })

  test('goes by itself every so often, until it is closed', async () => {
    await using world = await registryWorld()
    const { system } = await opened(world, { everyMs: 1_000, historyMax: 3 })
    await system.add(says(undefined))
    await world.clock.advance(5_500)
    expect(system.history().map(({ turn }) => turn)).toEqual([3, 4, 5])
    expect(system.history({ limit: 1 }).map(({ turn }) => turn)).toEqual([5])
    await world.after(system[Symbol.asyncDispose]() as Promise<void>)
    await expect(system.coordinateSystem()).rejects.toMatchObject({ code: 'coordination/orchestrator-closed' })
  })

  test('directives that are wrong, there already, unknown or too many are refused by name', async () => {
    await using world = await registryWorld()
    const { system } = await opened(world, { directivesMax: 1 })
    const wrong: readonly unknown[] = [
      { ...says({}), coordinate: 1 },
      { ...says({}), agents: ['a', 'a'] },
      { ...says({}), agents: { type: 5 } },
      { ...says({}), parameters: { x: {} } },
      { ...says({}), parameters: { x: { initial: 1, policy: Math.max } } },
      { ...says({}), parameters: { x: { initial: 1, accepts: () => false } } },
      {
        ...says({}),
        constraints: [
          { name: 'x', holds: () => true },
          { name: 'x', holds: () => true },
        ],
      },
      { ...says({}), id: 'two words' },
    ]
    for (const one of wrong)
      await expect(system.add(one as Directive)).rejects.toMatchObject({ code: 'foundation/invalid-option' })
    await expect(system.add({ ...says({}), agent: [] } as never)).rejects.toThrow('did you mean "agents"')
    await system.add(says({}))
    await expect(system.add(says({}))).rejects.toMatchObject({ code: 'coordination/directive-exists' })
    await expect(system.add({ ...says({}), id: 'e' })).rejects.toMatchObject({ code: 'foundation/limit-reached' })
    await expect(system.coordinateSystem('e')).rejects.toMatchObject({ code: 'coordination/unknown-directive' })
    await system.remove('d')
    await expect(system.remove('d')).rejects.toMatchObject({ code: 'coordination/unknown-directive' })
    await system.add({ ...says({}), id: 'e' })
  })
})

describe('the kinds that come with it', () => {
  test('resource-allocation runs as many as are wanted and as there is room for', async () => {
    await using world = await registryWorld()
    const { registry, system } = await opened(world, { capacity: { slots: 2 } })
    const coordinate = resourceAllocation({ wanted: ({ given }) => Number(given), atLeast: 1 })
    await system.add({ id: 'pool', type: 'resource-allocation', agents: { type: 'agent' }, coordinate })
    const counts: number[] = []
    for (const wanted of [0, 1.5, 3, -5]) {
      await turnOf(world, system, wanted)
      counts.push(registry.find().length)
    }
    expect(counts).toEqual([1, 2, 2, 1])
    expect((await turnOf(world, system, 'many')).coordinated).toMatchObject({ code: 'coordination/invalid-outcome' })
  })

  test('parameter-tuning finds where a metric is best', async () => {
    await using world = await registryWorld()
    let batch = 10
    const { system } = await opened(world, { measure: () => ({ speed: 100 - (batch - 40) ** 2 }) })
    const coordinate = parameterTuning({ parameter: 'batch', metric: 'speed', min: 0, max: 100, step: 5 })
    const parameters = { batch: { initial: 10 } }
    const handle = await system.add(says(undefined, { type: 'parameter-tuning', parameters, coordinate }))
    for (let i = 0; i < 14; i++) {
      await turnOf(world, system)
      batch = Number(handle.values.batch)
    }
    expect(batch).toBe(40)
  })
})

describe('values under directives', () => {
  test('are the same on all nodes, strong ones at once and eventual ones merged by their policy', async () => {
    await using world = await registryWorld(['n1', 'n2'])
    const parameters = {
      strict: { initial: 0 },
      soft: {
        initial: 0,
        consistency: 'eventual' as const,
        policy: (a: unknown, b: unknown) => Math.max(Number(a), Number(b)),
      },
    }
    const open = async (at: 0 | 1, set: object) => {
      const system = await orchestrator(world.nodes[at])
      return { system, handle: await world.after(system.add(says({ set }, { agents: [], parameters }))) }
    }
    const [here, there] = [await open(0, { strict: 1, soft: 5 }), await open(1, { soft: 7 })]
    const watch = there.handle.watch('strict')
    expect(await watch.next()).toEqual({ done: false, value: 0 })
    await Promise.all([turnOf(world, here.system), turnOf(world, there.system)])
    await world.clock.advance(1_000)
    expect(here.handle.values).toEqual({ strict: 1, soft: 7 })
    expect(there.handle.values).toEqual({ strict: 1, soft: 7 })
    expect(await watch.next()).toEqual({ done: false, value: 1 })
    await watch[Symbol.asyncDispose]()
    expect(await watch.next()).toEqual({ done: true, value: undefined })
    expect(() => there.handle.watch('nothing')).toThrow('expected one of strict, soft')
  })

  test('one that somebody else set after it was looked at is not overwritten', async () => {
    await using world = await registryWorld(['n1', 'n2'])
    const parameters = { level: { initial: 0 } }
    const systems = [await orchestrator(world.nodes[0]), await orchestrator(world.nodes[1])] as const
    const inc = (values: { readonly level?: unknown }) => ({ set: { level: Number(values.level) + 1 } })
    const directive = says(undefined, { agents: [], parameters, coordinate: ({ values }) => inc(values) })
    const handles = [await world.after(systems[0].add(directive)), await world.after(systems[1].add(directive))]
    for (let round = 0; round < 5; round++) {
      await Promise.all(systems.map((system) => turnOf(world, system)))
    }
    const applied = systems
      .flatMap((system) => system.history())
      .filter(({ coordinated }) => coordinated.type === 'applied')
    const [value] = await Promise.all(handles.map((handle) => world.after(handle.read())))
    expect(applied.length).toBeGreaterThanOrEqual(5)
    expect(Number(value?.level)).toBeLessThanOrEqual(applied.length)
  })
})

describe('an orchestrator that is a singleton', () => {
  test('does nothing more once its place is lost in the middle of a turn', async () => {
    await using world = await registryWorld(['n1', 'n2'])
    const { registry } = await opened(world, { name: 'other' })
    await world.after(registry.register({ id: 'slow', definition: Slow }))
    const system = await world.after(orchestrator(world.nodes[0], { singleton: true }))
    const parameters = { level: { initial: 0 } }
    const handle = await world.after(
      system.add(says({ start: ['a', 'slow'], set: { level: 1 } }, { agents: ['a', 'slow'], parameters })),
    )
    await world.clock.advance(2_000)
    const asked = system.coordinateSystem()
    asked.catch(() => {})
    await world.clock.advance(500)
    expect(registry.find().map(({ id }) => id)).toEqual(['a'])
    const steward = world.nodes[0].find(Steward, 'orchestrator')
    expect(steward).toBeDefined()
    // As when the session is lost: the actor ends at once, and with it the right to change things.
    world.isAway = true
    await world.clock.advance(30_000)
    expect(system.isActive).toBe(false)
    await expect(asked).rejects.toThrow()
    expect(handle.values).toEqual({ level: 0 })
    const left = [
      { type: 'start', id: 'slow' },
      { type: 'start', id: 'a' },
    ]
    expect(system.history()).toMatchObject([{ coordinated: { type: 'half-done', left } }])
    world.isAway = false
    await world.clock.advance(10_000)
  })

  test('coordinates on one node, for all that ask, and on another when that one is gone, fenced', async () => {
    await using world = await registryWorld(['n1', 'n2'])
    const parameters = { level: { initial: 0 } }
    const directive = says(undefined, {
      agents: [],
      parameters,
      coordinate: ({ values, given }) => ({ set: { level: Number(values.level) + Number(given) } }),
    })
    const open = async (at: 0 | 1) => {
      const system = await world.after(orchestrator(world.nodes[at], { singleton: true }))
      return { system, handle: await world.after(system.add(directive)) }
    }
    const [here, there] = [await open(0), await open(1)]
    await world.clock.advance(5_000)
    expect([here.system.isActive, there.system.isActive]).toEqual([true, false])
    expect((await turnOf(world, there.system, 5)).coordinated).toMatchObject({ type: 'applied' })
    expect([here.system.history().length, there.system.history().length]).toEqual([1, 0])
    expect(there.handle.values).toEqual({ level: 5 })
    await expect(world.after(there.system.coordinateSystem('nope'))).rejects.toMatchObject({
      code: 'coordination/unknown-directive',
    })
    const cells = await world.nodes[1].cells()
    const cell = await cells.strong('directive.d.level', { initial: 0, fenced: true })
    await expect(world.after(cell.set(9, { token: 0 }))).rejects.toMatchObject({ code: 'foundation/fenced' })
    await world.after(world.nodes[0].close(), 20_000)
    expect(there.system.isActive).toBe(true)
    expect((await turnOf(world, there.system, 2)).coordinated).toMatchObject({ type: 'applied' })
    expect(there.handle.values).toEqual({ level: 7 })
  })
})
