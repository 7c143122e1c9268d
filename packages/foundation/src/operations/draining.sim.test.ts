import { describe, expect, test } from 'vitest'
import type { Node } from '../node/node.ts'
import {
  drainingNodes,
  elections,
  fencedSingleton,
  type LivingNode,
  type MakePart,
  movingActors,
  movingShards,
  nodeScenario,
  remoteCalls,
  sharedQueue,
  simulate,
  simulations,
  systemNames,
} from '../testing/index.ts'

const times = { nodes: 5, forMs: 30_000, quietMs: 25_000 }

describe('nodes that are drained while there is work', () => {
  const losesNothing = nodeScenario([movingShards({ losses: false }), sharedQueue(), drainingNodes()])

  test('lose no task and no state of a place, also while the server elects a leader', async () => {
    for (let seed = 1; seed <= 3; seed++) {
      const faults = elections(seed, { untilMs: 27_000 })
      await simulate({ name: 'nodes that are drained', seed, scenario: losesNothing, ...times, faults })
    }
  })

  const leaving = nodeScenario([movingShards({ losses: false }), sharedQueue(), drainingNodes()], {
    leaveEveryMs: 8_000,
  })
  for (const one of simulations({
    name: 'nodes that are drained, leave and come',
    scenario: leaving,
    seeds: 4,
    faults: [],
    seedsPerCase: 4,
    ...times,
  })) {
    test(one.name, one.run)
  }

  const parts = [fencedSingleton(), movingShards(), sharedQueue(), remoteCalls(), systemNames(), drainingNodes()]
  const underFaults = nodeScenario(parts)
  for (const one of simulations({
    name: 'nodes that are drained under faults',
    scenario: underFaults,
    seeds: 4,
    seedsPerCase: 4,
    disorder: true,
    ...times,
  })) {
    test(one.name, one.run)
  }
})

describe('actors with names of the system, whose nodes are drained', () => {
  const scenario = nodeScenario([movingActors(), drainingNodes()])
  for (const one of simulations({
    name: 'moving and drained',
    scenario,
    seeds: 2,
    seedsPerCase: 2,
    disorder: true,
    ...times,
  })) {
    test(one.name, one.run)
  }
})

describe('the scenario of draining finds', () => {
  type Drain = Pick<Node, 'drain' | 'undrain'>
  /** The same part on nodes that drain in another way. */
  const drainingBy =
    (bug: (node: Node) => Drain): MakePart =>
    (sim) => {
      const part = drainingNodes()(sim)
      const bugged = (living: LivingNode): LivingNode => {
        const { node } = living
        const { drain, undrain } = bug(node)
        const other = { drain, undrain, status: () => node.status() }
        return Object.create(living, { node: { value: other } })
      }
      return { ...part, run: (living) => part.run(bugged(living)) }
    }
  const bugs: { readonly [bug: string]: (node: Node) => Drain } = {
    'a node that says that it is drained and is not': (node) => ({
      drain: async (options) => {
        const report = await node.drain(options)
        node.undrain()
        return { ...report, done: true, places: [], untaken: [], tasks: 0 }
      },
      undrain: () => {},
    }),
    'a node that says done with something left': (node) => ({
      drain: async () => ({ ...(await node.drain({ timeoutMs: 0 })), done: true }),
      undrain: () => node.undrain(),
    }),
    'a node that stays drained': (node) => ({ drain: (options) => node.drain(options), undrain: () => {} }),
    'a node that never gives anything away': (node) => ({
      drain: async () => ({ ...(await node.drain({ timeoutMs: 0 })), done: false }),
      undrain: () => node.undrain(),
    }),
  }
  for (const [bug, how] of Object.entries(bugs)) {
    test(bug, async () => {
      const scenario = nodeScenario([movingShards({ losses: false }), sharedQueue(), drainingBy(how)])
      const run = simulate({ name: bug, seed: 1, scenario, ...times, faults: [] })
      await expect(run).rejects.toThrow()
    })
  }
})
