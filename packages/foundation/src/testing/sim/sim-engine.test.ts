import { describe, test } from 'vitest'
import { engineContract, settled } from '../index.ts'
import { Simulation } from './simulation.ts'

describe('the engine of a simulation without faults and latency keeps the contract', () => {
  const open = async () => {
    const sim = new Simulation({ seed: 1, leastMs: 0, meanMs: 0 })
    return { engine: sim.engine('n1'), settle: settled, advance: (ms: number) => sim.clock.advance(ms) }
  }
  for (const { name, run } of engineContract(open)) test(name, run)
})
