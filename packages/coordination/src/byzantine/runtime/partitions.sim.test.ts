import { describe, expect, test } from 'vitest'
import { type PartitionPlan, type PartitionRun, partitionRun, viewMsMax } from './partitioned-hosts.fixture.ts'

const once = [{ atMs: 60, forMs: 4_000 }]
const often = [0, 1, 2, 3].map((turn) => ({ atMs: 60 + turn * 1_100, forMs: 900 }))

const plans: { readonly [name: string]: Omit<PartitionPlan, 'seed'> } = {
  '6/6': { sides: [6, 6], cuts: once },
  '12/3': { sides: [12, 3], cuts: once },
  '8/6/4': { sides: [8, 6, 4], cuts: once },
  '5/5, again and again': { sides: [5, 5], cuts: often },
}

const seeds = Number(process.env.MABEAM_SIM_SEEDS ?? 2)

describe('hosts whose network is parted', () => {
  for (const [name, plan] of Object.entries(plans)) {
    test(`${name}: only a quorum decides, all decide the same, and within two time-outs of healing`, async () => {
      const total = plan.sides.reduce((sum, one) => sum + one, 0)
      const quorum = total - Math.floor((total - 1) / 3)
      for (let seed = 1; seed <= seeds; seed++) {
        const run = await partitionRun({ ...plan, seed })
        check(run, { name: `${name}, seed ${seed}`, total, quorum, plan })
      }
    })
  }
})

function check(
  { decisions, healedMs, sideOf, gathered, beganMs }: PartitionRun,
  of: {
    readonly name: string
    readonly total: number
    readonly quorum: number
    readonly plan: Omit<PartitionPlan, 'seed'>
  },
): void {
  const { name, total, quorum, plan } = of
  expect(new Set([...decisions.values()].map(({ digest }) => digest)).size, `${name}: what was decided`).toBe(1)
  expect(decisions.size, `${name}: who decided`).toBe(total)
  const [cut] = plan.cuts
  const endMs = beganMs + (cut?.atMs ?? 0) + (cut?.forMs ?? 0)
  for (const [node, { atMs }] of decisions) {
    const size = plan.sides[sideOf(node)] ?? 0
    if (size < quorum && plan.cuts.length === 1)
      expect(atMs, `${name}: ${node} decided in a minority`).toBeGreaterThanOrEqual(endMs)
    if (size >= quorum) expect(atMs, `${name}: ${node} has a quorum`).toBeLessThan(endMs)
    expect(atMs, `${name}: ${node} after healing`).toBeLessThanOrEqual(healedMs + 2 * viewMsMax)
  }
  expect(gathered[0]?.answers.filter((one) => 'value' in one).length, name).toBeGreaterThanOrEqual(quorum)
}
