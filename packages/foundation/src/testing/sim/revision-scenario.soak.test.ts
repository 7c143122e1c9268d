import { describe, test } from 'vitest'
import { revisionScenario } from './revision-scenario.ts'
import { simulations } from './simulate.ts'

describe('writes by revision under faults, for long', () => {
  const options = { seeds: 10_000, seedsPerCase: 500, nodes: 5 }
  for (const { name, run } of simulations({ name: 'revisions, long', scenario: revisionScenario(), ...options })) {
    test(name, run)
  }
})
