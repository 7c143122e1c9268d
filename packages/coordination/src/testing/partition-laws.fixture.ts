/** The partitions that agreements must live through, and what must hold in each. */

import assert from 'node:assert/strict'
import { type PartitionPlan, type PartitionRun, viewMsMax } from './partitioned-hosts.fixture.ts'

export type Plan = Omit<PartitionPlan, 'seed'>

const once = [{ atMs: 60, forMs: 4_000 }]
const often = [0, 1, 2, 3].map((turn) => ({ atMs: 60 + turn * 1_100, forMs: 900 }))

export const partitionPlans = {
  '6/6': { sides: [6, 6], cuts: once },
  '12/3': { sides: [12, 3], cuts: once },
  '8/6/4': { sides: [8, 6, 4], cuts: once },
  '5/5, again and again': { sides: [5, 5], cuts: often },
} as const satisfies { readonly [name: string]: Plan }

/** Throws, with the seed, unless only quorums decided, all on the same, and everybody within two time-outs of healing. */
export function checkPartition(run: PartitionRun, plan: Plan, seed: number): void {
  const { decisions, healedMs, sideOf, gathered, beganMs } = run
  const of = `${plan.sides.join('/')}, seed ${seed}`
  const total = plan.sides.reduce((sum, one) => sum + one, 0)
  const quorum = total - Math.floor((total - 1) / 3)
  const digests = new Set([...decisions.values()].map(({ digest }) => digest))
  assert.equal(digests.size, 1, `${of}: decided on ${digests.size} different things`)
  assert.equal(decisions.size, total, `${of}: ${decisions.size} of ${total} decided`)
  const [cut] = plan.cuts
  const endsMs = beganMs + (cut?.atMs ?? 0) + (cut?.forMs ?? 0)
  for (const [node, { atMs }] of decisions) {
    const size = plan.sides[sideOf(node)] ?? 0
    const when = `${of}: ${node}, of ${size}, decided ${Math.round(atMs - beganMs)} ms after the beginning`
    if (size < quorum) assert.ok(atMs >= endsMs || plan.cuts.length > 1, `${when}, in a minority`)
    else assert.ok(atMs < endsMs, `${when}, though it had a quorum`)
    assert.ok(atMs <= healedMs + 2 * viewMsMax, `${when}, too late`)
  }
  const answers = gathered[0]?.answers.filter((one) => 'value' in one) ?? []
  assert.ok(answers.length >= quorum, `${of}: ${answers.length} answers of ${total}`)
}
