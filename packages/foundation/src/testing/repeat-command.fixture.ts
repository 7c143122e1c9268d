/** A simulation that fails, as a user's program: run with the environment that the failure's command sets, it fails the same. */

import assert from 'node:assert/strict'
import { delay } from '../clock.ts'
import { type Scenario, simulations } from './sim/simulate.ts'
import type { Simulation } from './sim/simulation.ts'

/** Breaks when a node is down for longer than any may be. */
function brittle(sim: Simulation): Scenario {
  let worst = ''
  return {
    async boot({ name, epoch, ports }) {
      if (epoch > 1) worst ||= `${name} was started again`
      await delay(ports.clock, 1)
    },
    check: () => assert.equal(worst, '', `${worst}, of ${sim.names.length} nodes`),
  }
}

const command = process.argv[2] ?? ''
for (const { run } of simulations({ name: "no node is 'down'", scenario: brittle, seeds: 50, command })) {
  try {
    await run()
  } catch (thrown) {
    process.stdout.write(`${(thrown as Error).message}\n`)
    process.exitCode = 1
    break
  }
}
