import { describe, test } from 'vitest'
import { elections, movingShards, nodeScenario, simulate, simulations } from '../testing/index.ts'
import { systemParts, systemTimes } from './system-parts.fixture.ts'

const parts = Object.values(systemParts)

describe('nodes under faults, for long', () => {
  const long = (name: string, options: object) =>
    simulations({
      name,
      scenario: nodeScenario(parts),
      seeds: 2_500,
      seedsPerCase: 100,
      command: `npm run soak -- -t '${name}'`,
      ...systemTimes,
      ...options,
    })
  const all = [
    ...long('all of it at once, long', {}),
    ...long('all of it in disorder, long', { disorder: true }),
    ...long('all of it under many faults, long', { disorder: true, faults: { everyMs: 1_500 } }),
    ...long('all of it on nodes that leave, long', { scenario: nodeScenario(parts, { leaveEveryMs: 8_000 }) }),
  ]
  for (const { name, run } of all) test(name, run)

  for (const [name, part] of Object.entries(systemParts)) {
    const options = { scenario: nodeScenario([part]), seeds: 1_000, disorder: true }
    for (const one of long(`${name}, long`, options)) test(one.name, one.run)
  }

  test('shards of nodes that leave in order lose nothing while the server elects leaders, in 1,000 runs', async () => {
    const scenario = nodeScenario([movingShards({ losses: false })], { leaveEveryMs: 6_000 })
    for (let seed = 1; seed <= 1_000; seed++) {
      const faults = elections(seed, { untilMs: 27_000 })
      await simulate({ name: 'shards of nodes that leave, long', seed, scenario, ...systemTimes, faults })
    }
  })
})
