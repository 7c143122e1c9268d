import { describe, expect, test } from 'vitest'
import { checkPartition, partitionPlans } from './partition-laws.fixture.ts'
import { partitionRun } from './partitioned-hosts.fixture.ts'

/** More at night: `partitions.soak.test.ts`. */
const seeds = Number(process.env.MABEAM_SIM_SEEDS ?? 2)

describe('hosts whose network is parted', () => {
  for (const [name, plan] of Object.entries(partitionPlans)) {
    test(`${name}: only a quorum decides, all decide the same, and within two time-outs of healing`, async () => {
      for (let seed = 1; seed <= seeds; seed++) checkPartition(await partitionRun({ ...plan, seed }), plan, seed)
    })
  }

  test('do the same for the same seed', async () => {
    const plan = { ...partitionPlans['5/5, again and again'], seed: 7 }
    const [first, second] = [await partitionRun(plan), await partitionRun(plan)]
    expect(second.traceHash).toBe(first.traceHash)
  })

  test('are caught when their time-outs double without a cap', async () => {
    // Healed when, without a cap, a view has just begun that lasts for 3.2 s.
    const plan = { ...partitionPlans['12/3'], cuts: [{ atMs: 60, forMs: 4_500 }], seed: 1 }
    const run = await partitionRun({ ...plan, options: { viewMsMax: 60_000 } })
    expect(() => checkPartition(run, plan, 1)).toThrow('12/3, seed 1')
  })
})
