import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { clusterFaults, faultPlan, nodeFaults, serverDeaths } from './fault-plan.ts'

describe('faultPlan', () => {
  test('is the same for the same seed, and another for another', () => {
    const plan = faultPlan(seededRandom(3), 60_000)
    expect(faultPlan(seededRandom(3), 60_000)).toEqual(plan)
    expect(faultPlan(seededRandom(4), 60_000)).not.toEqual(plan)
  })

  test('has every fault, keeps within its time, and begins with deaths of servers', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { nodes, servers } = faultPlan(seededRandom(seed), 200_000)
      expect(new Set(nodes.map((one) => one.type))).toEqual(new Set(nodeFaults))
      expect(new Set(servers.map((one) => one.type))).toEqual(new Set([...serverDeaths, ...clusterFaults]))
      expect(serverDeaths).toContain(servers[0]?.type)
      for (const list of [nodes, servers]) {
        expect(list.reduce((sum, one) => sum + one.waitMs + one.forMs, 0)).toBeLessThanOrEqual(200_000)
      }
    }
  })
})
