import { describe, test } from 'vitest'
import {
  drainingNodes,
  elections,
  fencedSingleton,
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

describe('nodes that are drained, for long', () => {
  const losesNothing = [movingShards({ losses: false }), sharedQueue(), drainingNodes()]

  test('lose no task and no state of a place while the server elects leaders, in 1,000 runs', async () => {
    const scenario = nodeScenario(losesNothing)
    for (let seed = 1; seed <= 1_000; seed++) {
      const faults = elections(seed, { untilMs: 27_000 })
      await simulate({ name: 'nodes that are drained, long', seed, scenario, ...times, faults })
    }
  })

  const parts = [fencedSingleton(), movingShards(), sharedQueue(), remoteCalls(), systemNames(), drainingNodes()]
  const long = (name: string, options: Pick<Parameters<typeof simulations>[0], 'scenario' | 'faults' | 'disorder'>) =>
    simulations({
      name,
      seeds: 1_000,
      seedsPerCase: 100,
      command: `npm run soak -- -t '${name}'`,
      ...times,
      ...options,
    })
  const all = [
    ...long('nodes that are drained, leave and come, long', {
      scenario: nodeScenario(losesNothing, { leaveEveryMs: 8_000 }),
      faults: [],
    }),
    ...long('nodes that are drained under faults, long', { scenario: nodeScenario(parts), disorder: true }),
    ...long('moving and drained, long', { scenario: nodeScenario([movingActors(), drainingNodes()]), disorder: true }),
  ]
  for (const { name, run } of all) test(name, run)
})
