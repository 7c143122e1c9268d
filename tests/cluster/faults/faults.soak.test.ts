/** An hour of faults, with a seed for each quarter, printed. */

import { beforeAll, describe, expect, test } from 'vitest'
import { ensureNats } from '../../../tools/ensure-nats.mjs'
import { faultRun } from './fault-run.ts'

const first = Number(process.env.MABEAM_FAULT_SEED ?? 1)

beforeAll(() => {
  process.env.MABEAM_NATS_SERVER = ensureNats()
})

describe('a cluster under faults for an hour', () => {
  for (let seed = first; seed < first + 4; seed++) {
    test(`keeps what it promises (seed ${seed})`, async () => {
      const { counts } = await faultRun({ seed, forMs: 14 * 60_000, peaceMs: 120_000 })
      process.stdout.write(`seed ${seed}: ${JSON.stringify(counts)}\n`)
    }, 1_500_000)
  }
})

describe('the verdict of such a run', () => {
  test.each([
    ['lost-tasks', 'no acknowledged task is lost'],
    ['stale-reads', 'strong cells are linearizable'],
  ] as const)(
    'finds what is planted: %s',
    async (plant, law) => {
      await expect(faultRun({ seed: first, forMs: 30_000, peaceMs: 60_000, plant })).rejects.toThrow(law)
    },
    240_000,
  )
})
