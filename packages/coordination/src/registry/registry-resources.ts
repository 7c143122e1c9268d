/** What the nodes of a system have and what its agents need, added up. Pure. */

import type { Member } from '@mabeam/foundation'
import type { AgentResources } from './agent-configuration.ts'

/** What nodes that are there say they have; a resource that none has more than 0 of is missing: nothing is known of it. */
export function capacityOf(
  members: readonly Pick<Member, 'status' | 'cores' | 'memoryBytes' | 'gpus'>[],
): AgentResources {
  const there = members.filter(({ status }) => status === 'alive' || status === 'suspect')
  const sums = sumOf(
    there.map(({ cores, memoryBytes, gpus }) => ({ cpu: cores, memoryMiB: memoryBytes / 2 ** 20, gpus })),
  )
  return Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum > 0))
}

/** Whether so much is there; what sums of parts are rounded by is not missed: three times 0.1 fit into 0.3. */
export function isThere(needed: number, most: number): boolean {
  return needed <= most * (1 + 1e-9)
}

/** @example sumOf([{ cpu: 1 }, { cpu: 2, gpus: 1 }]) // => { cpu: 3, gpus: 1 } */
export function sumOf(all: readonly AgentResources[]): AgentResources {
  const sums = new Map<string, number>()
  for (const one of all)
    for (const [name, amount] of Object.entries(one)) sums.set(name, (sums.get(name) ?? 0) + amount)
  return Object.fromEntries(sums)
}
