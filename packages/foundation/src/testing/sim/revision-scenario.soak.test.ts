import { describe, test } from 'vitest'
import { revisionScenario } from './revision-scenario.ts'
import { simulations } from './simulate.ts'

describe('writes by revision under faults, for long', () => {
  const name = 'revisions, long'
  const options = { name, seeds: 10_000, seedsPerCase: 500, nodes: 5, command: `npm run soak -- -t '${name}'` }
  for (const { name, run } of simulations({ scenario: revisionScenario(), ...options })) {
    test(name, run)
  }
})
