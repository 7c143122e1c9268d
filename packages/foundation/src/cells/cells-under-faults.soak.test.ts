import { describe, test } from 'vitest'
import { simulations } from '../testing/index.ts'
import { eventualScenario, faulty, healed, strongScenario } from '../testing/scenarios/cell-scenarios.fixture.ts'

describe('cells under faults, for long', () => {
  const long = (name: string) => ({
    name,
    seeds: 10_000,
    seedsPerCase: 100,
    nodes: 5,
    command: `npm run soak -- -t '${name}'`,
  })
  const all = [
    ...simulations({ ...healed, ...long('cells converge, long'), scenario: eventualScenario() }),
    ...simulations({ ...faulty, ...long('strong cells, long'), scenario: strongScenario() }),
  ]
  for (const { name, run } of all) test(name, run)
})
