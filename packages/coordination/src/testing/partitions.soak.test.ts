import { describe, test } from 'vitest'
import { checkPartition, partitionPlans } from './partition-laws.fixture.ts'
import { partitionRun } from './partitioned-hosts.fixture.ts'

const seeds = 100

describe(`hosts whose network is parted, ${seeds} seeds each`, () => {
  for (const [name, plan] of Object.entries(partitionPlans)) {
    test(`${name}: only a quorum decides, all decide the same, and within two time-outs of healing`, async () => {
      for (let seed = 1_000; seed < 1_000 + seeds; seed++)
        checkPartition(await partitionRun({ ...plan, seed }), plan, seed)
    })
  }

  test('8/6/4 with signatures, as in the field', async () => {
    const plan = { ...partitionPlans['8/6/4'], mode: 'sig' } as const
    for (let seed = 1; seed <= 10; seed++) checkPartition(await partitionRun({ ...plan, seed }), plan, seed)
  })
})
