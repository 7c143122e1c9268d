/** Looks for a planted bug: one seed after the other, until a run breaks a law. Then it says how to see that again. */

import { isMabeamError } from '@mabeam/foundation'
import { simulations } from '@mabeam/foundation/testing'
import { careful, hasty, orders } from './orders.ts'

const command = 'node --conditions=mabeam-source examples/04-simulated-faults/main.ts'
const again = process.env.MABEAM_SIM_SEED !== undefined
const shared = { seeds: 30, seedsPerCase: 1, forMs: 20_000, quietMs: 5_000, command }

/** The seed at which a law was broken first, and the report. */
async function firstFailure(name: string, count: typeof careful): Promise<string | undefined> {
  for (const { run } of simulations({ ...shared, name, scenario: orders(count) })) {
    try {
      await run()
    } catch (thrown) {
      if (!isMabeamError(thrown) || thrown.code !== 'foundation/simulation-failed') throw thrown
      return thrown.message
    }
  }
  return undefined
}

console.log('The hasty counter:')
const report = await firstFailure('hasty', hasty)
console.log(report ?? 'no seed broke it')
if (!again && report === undefined) process.exitCode = 1

if (!again) {
  const failure = await firstFailure('careful', careful)
  console.log(`\nThe careful counter: ${failure ?? `all ${shared.seeds} seeds hold`}`)
  if (failure !== undefined) process.exitCode = 1
}
