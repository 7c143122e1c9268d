import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineActor } from '../../actors/actor.ts'
import { delay } from '../../clock.ts'
import { isMabeamError } from '../../errors.ts'
import { startNode } from '../../node/node.ts'
import type { Fault } from './fault.ts'
import { revisionScenario } from './revision-scenario.ts'
import { type SimulateOptions, type SimulationsOptions, simulate, simulations } from './simulate.ts'

/** Breaks when two of its three nodes do nothing at the same time. */
const fragile: SimulateOptions['scenario'] = (sim) => ({
  async boot({ name, ports }) {
    for (;;) {
      await delay(ports.clock, 50)
      const states = sim.names.filter((one) => one !== name).map((one) => sim.node(one).running)
      if (states.filter((running) => !running).length >= 2) throw new Error('two were gone at once')
    }
  },
  check() {},
})

const Counter = defineActor(import.meta.url, {
  name: 'counter',
  version: 1,
  init: (start: number) => ({ n: start }),
  calls: { add: { input: z.number(), run: (s, by) => [{ n: s.n + by }, s.n + by] } },
  casts: {
    crash: {
      run: () => {
        throw new Error('asked to')
      },
    },
  },
})

/** Real nodes, each with an actor that is called, crashes and is restarted, and tells the others. */
const talkative: SimulateOptions['scenario'] = (sim) => ({
  async boot({ ports }) {
    const node = await startNode(ports)
    const counter = await node.spawn(Counter, 0, { name: 'counter', restart: 'permanent', restartsMax: 1_000 })
    await ports.engine.subscribe('sim.told', ({ body }) => {
      if ((body[0] ?? 0) > 3) counter.cast('crash')
    })
    for (;;) {
      await delay(ports.clock, 40 * ports.random.next())
      const sum = await counter.call('add', 1).catch(() => 0)
      if (ports.random.int(10) === 0) ports.engine.publish('sim.told', new Uint8Array([sum]))
    }
  },
  check: () => expect(sim.failure).toBeUndefined(),
})

const pause = (node: string, atMs: number): Fault => ({ type: 'pause', node, atMs, forMs: 1_000 })

async function failure(work: Promise<unknown>) {
  const thrown = await work.then(
    () => undefined,
    (reason) => reason,
  )
  if (!isMabeamError(thrown)) throw new Error(`expected a MabeamError, got ${thrown}`)
  return thrown
}

describe('simulate', () => {
  test('the same seed gives the same trace, another seed another', async () => {
    const run = (seed: number) =>
      simulate({ name: 'twice', seed, scenario: revisionScenario(), forMs: 10_000, quietMs: 3_000 })
    const [first, again, other] = [await run(7), await run(7), await run(8)]
    expect(again).toEqual(first)
    expect(other.traceHash).not.toBe(first.traceHash)
    expect(first.faults.length).toBeGreaterThan(0)
    expect(first.simulatedMs).toBeGreaterThanOrEqual(13_000)
  })

  test('real nodes with actors, timers, crashes and restarts leave the same trace each time', async () => {
    const run = (seed: number) => simulate({ name: 'nodes', seed, scenario: talkative, forMs: 20_000, quietMs: 1_000 })
    for (const seed of [1, 2, 3]) {
      const [first, again] = [await run(seed), await run(seed)]
      expect(again).toEqual(first)
      expect(first.events).toBeGreaterThan(2_000)
    }
  })

  test('the trace tells of what depends on something else than the seed', async () => {
    let runs = 0
    const scenario: SimulateOptions['scenario'] = () => {
      const extraMs = runs++
      return { boot: ({ ports }) => void ports.clock.setTimer(100 + extraMs, () => {}), check() {} }
    }
    const run = () => simulate({ name: 'leak', seed: 1, scenario, faults: [] })
    expect((await run()).traceHash).not.toBe((await run()).traceHash)
  })

  test('a failing run is shrunk to the faults that matter, as short as they can be, and says how to repeat it', async () => {
    const faults = [
      pause('n1', 500),
      pause('n2', 2_000),
      pause('n3', 2_500),
      { type: 'slow', node: 'n1', byMs: 5, atMs: 2_600, forMs: 400 } as const,
      pause('n1', 6_000),
    ]
    const options = { name: "it's shrunk", seed: 3, scenario: fragile, faults, forMs: 10_000, quietMs: 0 }
    const thrown = await failure(simulate(options))
    expect(thrown.code).toBe('foundation/simulation-failed')
    const shrunk = thrown.data.faults as unknown as readonly Fault[]
    expect(shrunk.map((one) => [one.type, one.atMs])).toEqual([
      ['pause', 2_000],
      ['pause', 2_500],
    ])
    expect(shrunk[1]?.forMs).toBeLessThan(100)
    const [what, list, command] = thrown.message.split('\n')
    expect(what).toBe("it's shrunk: seed 3: two were gone at once")
    expect(JSON.parse(list?.replace('faults: ', '') ?? '')).toEqual(shrunk)
    expect(command).toBe(
      `repeat: MABEAM_SIM_SEED=3 MABEAM_SIM_FAULTS='${JSON.stringify(shrunk)}' npm test -- -t 'it'\\''s shrunk'`,
    )
    const env = { MABEAM_SIM_SEED: '3', MABEAM_SIM_FAULTS: JSON.stringify(shrunk) }
    const { seed: _, ...rest } = options
    const [again, ...more] = simulations({ ...rest, env })
    expect([again?.name, more]).toEqual(["it's shrunk: seed 3", []])
    await expect(again?.run()).rejects.toThrow('two were gone at once')
  })

  test('shrinking ends at shrinkRunsMax runs', async () => {
    let runs = 0
    const scenario: SimulateOptions['scenario'] = () => {
      runs++
      return {
        boot() {},
        check() {
          throw new Error('always')
        },
      }
    }
    const faults = [pause('n1', 0), pause('n2', 0)]
    const options = { name: 'x', seed: 1, scenario, faults, forMs: 10, quietMs: 0 }
    await failure(simulate({ ...options, shrinkRunsMax: 0 }))
    expect(runs).toBe(2)
    runs = 0
    expect((await failure(simulate({ ...options, shrinkRunsMax: 1 }))).data.faults).toEqual([])
    expect(runs).toBe(3)
  })

  test('a scenario that waits in its check is driven, and one that waits for nothing is told so', async () => {
    const scenario: SimulateOptions['scenario'] = (sim) => ({
      boot() {},
      check: () => (sim.seed === 1 ? delay(sim.clock, 5_000) : new Promise(() => {})),
    })
    const options = { name: 'waits', scenario, faults: [], forMs: 10, quietMs: 0 }
    expect((await simulate({ ...options, seed: 1 })).simulatedMs).toBe(5_010)
    expect((await failure(simulate({ ...options, seed: 2 }))).message).toContain('no timer is set')
  })

  test('faults end with the run, and crashed nodes live again before the check', async () => {
    const scenario: SimulateOptions['scenario'] = (sim) => ({
      boot() {},
      check: () => expect(sim.names.map((one) => sim.node(one).epoch)).toEqual([2, 1, 1]),
    })
    const faults: Fault[] = [
      { type: 'crash', node: 'n1', atMs: 100, forMs: 99_999 },
      { type: 'pause', node: 'n2', atMs: 100, forMs: 99_999 },
    ]
    await simulate({ name: 'ends', seed: 1, scenario, faults, forMs: 1_000, quietMs: 10 })
  })

  test('impossible options are refused by name', async () => {
    const options = { name: 'x', seed: 1, scenario: fragile }
    await expect(simulate({ ...options, forMS: 1 } as never)).rejects.toThrow('did you mean "forMs"?')
    await expect(simulate({ ...options, faults: { every: 1 } as never })).rejects.toThrow('did you mean "everyMs"?')
    await expect(simulate({ ...options, faults: { weights: { pauses: 1 } } as never })).rejects.toThrow('"pause"?')
    await expect(simulate({ ...options, faults: [pause('n9', 0)] })).rejects.toThrow('places of n1, n2, n3')
  })
})

describe('simulations', () => {
  const options: SimulationsOptions = { name: 'many', scenario: fragile, env: {} }

  test('its cases hold each seed once, and the environment says how many instead', () => {
    const named = (given: Partial<SimulationsOptions>) => simulations({ ...options, ...given }).map((one) => one.name)
    expect(named({})).toEqual(['many: seeds 1 to 20'])
    expect(named({ seeds: 100 })).toEqual(['many: seeds 1 to 50', 'many: seeds 51 to 100'])
    expect(named({ seeds: 101 })).toHaveLength(3)
    expect(named({ env: { MABEAM_SIM_SEEDS: '3' } })).toEqual(['many: seeds 1 to 3'])
    expect(named({ env: { MABEAM_SIM_SEED: '9', MABEAM_SIM_SEEDS: '3' } })).toEqual(['many: seed 9'])
  })

  test('an environment that makes no sense is refused', () => {
    expect(() => simulations({ ...options, env: { MABEAM_SIM_SEEDS: 'many' } })).toThrow(
      'MABEAM_SIM_SEEDS: expected an integer',
    )
    const env = { MABEAM_SIM_SEED: '1', MABEAM_SIM_FAULTS: '[' }
    expect(() => simulations({ ...options, env })).toThrow('MABEAM_SIM_FAULTS: expected a list of faults')
  })
})
