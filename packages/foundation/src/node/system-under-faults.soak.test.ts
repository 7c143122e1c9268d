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
const each = {
  'a singleton that writes under its token': fencedSingleton(),
  'names of the system': systemNames(),
  'calls and watches between nodes': remoteCalls(),
  'shards that move': movingShards(),
  'a queue over nodes': sharedQueue(),
  'a cache over nodes': sharedCache(),
  'members, directory and cells': convergingNodes(),
}
const parts = Object.values(each)

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

  for (const [name, part] of Object.entries(each)) {
    const options = { scenario: nodeScenario([part]), seeds: 1_000, disorder: true }
    for (const one of long(`${name}, long`, options)) test(one.name, one.run)
  }

  test('shards of nodes that leave in order lose nothing while the server elects leaders, in 1,000 runs', async () => {
    const scenario = nodeScenario([movingShards({ losses: false })], { leaveEveryMs: 6_000 })
    for (let seed = 1; seed <= 1_000; seed++) {
      const faults = elections(seed, { untilMs: 27_000 })
      await simulate({ name: 'shards of nodes that leave, long', seed, scenario, ...times, faults })
    }
  })
})
