import { describe, test } from 'vitest'
import {
  convergingNodes,
  elections,
  fencedSingleton,
  movingShards,
  nodeScenario,
  remoteCalls,
  sharedCache,
  sharedQueue,
  simulate,
  simulations,
  systemNames,
} from '../testing/index.ts'
import { systemParts, systemTimes } from './system-parts.fixture.ts'

describe('nodes under faults', () => {
  for (const [name, part] of Object.entries(systemParts)) {
    const scenario = nodeScenario([part])
    for (const one of simulations({ name, scenario, seeds: 8, disorder: true, ...systemTimes })) test(one.name, one.run)
  }

  const all = nodeScenario(Object.values(systemParts))
  for (const one of simulations({
    name: 'all of it at once',
    scenario: all,
    seeds: 6,
    seedsPerCase: 3,
    ...systemTimes,
  })) {
    test(one.name, one.run)
  }

  const killing = { faults: { everyMs: 1_500, weights: { cut: 0, isolate: 0, outage: 0, noise: 0, slow: 0, skew: 0 } } }
  const queue = nodeScenario([sharedQueue()])
  for (const one of simulations({
    name: 'a queue whose workers die',
    scenario: queue,
    seeds: 5,
    ...killing,
    ...systemTimes,
  })) {
    test(one.name, one.run)
  }
})

describe('nodes that come and go in order', () => {
  const scenario = nodeScenario([movingShards({ losses: false })], { leaveEveryMs: 6_000 })

  test('lose nothing of what their shards hold, also while the server elects a leader', async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const faults = elections(seed, { untilMs: 27_000 })
      await simulate({ name: 'shards of nodes that leave', seed, scenario, ...systemTimes, faults })
    }
  })

  const parts = [systemNames(), remoteCalls(), sharedQueue(), sharedCache(), convergingNodes(), fencedSingleton()]
  const leaving = nodeScenario(parts, { leaveEveryMs: 8_000 })
  for (const one of simulations({
    name: 'nodes that leave and come',
    scenario: leaving,
    seeds: 4,
    seedsPerCase: 4,
    ...systemTimes,
  })) {
    test(one.name, one.run)
  }
})

describe('nodes without faults', () => {
  test('compute a value once, however many ask for it on however many nodes', async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const scenario = nodeScenario([sharedCache({ computesOnce: true })])
      await simulate({ name: 'one computation', seed, scenario, ...systemTimes, faults: [] })
    }
  })
})
