/** An hour of faults, with a seed for each quarter, printed. */

import { describe, test } from 'vitest'
import { ensureNats } from '../../../tools/ensure-nats.mjs'
import { faultRun } from './fault-run.ts'

const first = Number(process.env.MABEAM_FAULT_SEED ?? 1)

describe('a cluster under faults for an hour', () => {
  for (let seed = first; seed < first + 4; seed++) {
    test(`keeps what it promises (seed ${seed})`, async () => {
      process.env.MABEAM_NATS_SERVER = ensureNats()
      const { counts } = await faultRun({ seed, forMs: 14 * 60_000, peaceMs: 120_000 })
      process.stdout.write(`seed ${seed}: ${JSON.stringify(counts)}\n`)
    }, 1_500_000)
  }
})
