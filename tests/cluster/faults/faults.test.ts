/** Three nats-servers and five nodes under faults of a seed: two minutes of what `faults.soak.test.ts` does for an hour. */

import { test } from 'vitest'
import { faultRun } from './fault-run.ts'

const seed = Number(process.env.MABEAM_FAULT_SEED ?? 7)

test(`a cluster under faults keeps what it promises (seed ${seed})`, async () => {
  const { counts } = await faultRun({ seed, forMs: 75_000, peaceMs: 45_000 })
  process.stdout.write(`seed ${seed}: ${JSON.stringify(counts)}\n`)
}, 300_000)
