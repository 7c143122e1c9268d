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

const times = { nodes: 5, forMs: 30_000, quietMs: 25_000 }
const parts = [
  fencedSingleton(),
  systemNames(),
  remoteCalls(),
  movingShards(),
  sharedQueue(),
  sharedCache(),
  convergingNodes(),
]

describe('nodes under faults, for long', () => {
  const long = (name: string, options: object) =>
    simulations({
      name,
      scenario: nodeScenario(parts),
      seeds: 2_500,
      seedsPerCase: 100,
      command: `npm run soak -- -t '${name}'`,
      ...times,
      ...options,
    })
  const all = [
    ...long('all of it at once, long', {}),
    ...long('all of it in disorder, long', { disorder: true }),
    ...long('all of it under many faults, long', { disorder: true, faults: { everyMs: 1_500 } }),
    ...long('all of it on nodes that leave, long', { scenario: nodeScenario(parts, { leaveEveryMs: 8_000 }) }),
  ]
  for (const { name, run } of all) test(name, run)

  test('shards of nodes that leave in order lose nothing while the server elects leaders, in 1,000 runs', async () => {
    const scenario = nodeScenario([movingShards({ losses: false })], { leaveEveryMs: 6_000 })
    for (let seed = 1; seed <= 1_000; seed++) {
      const faults = elections(seed, { untilMs: 27_000 })
      await simulate({ name: 'shards of nodes that leave, long', seed, scenario, ...times, faults })
    }
  })
})
