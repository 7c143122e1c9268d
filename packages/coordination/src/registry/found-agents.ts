/** Running agents of the whole system, out of the instances of services. Pure. */

import type { ServiceInstance } from '@mabeam/foundation'
import type { AgentPlacement, AgentResources } from './agent-configuration.ts'
import type { AgentQuery, FoundAgent } from './agent-report.ts'

/** Each agent once; of a replicated one each replica. What others wrote that is no agent is left out. */
export function foundAgents(
  instances: readonly Pick<ServiceInstance, 'metadata' | 'capabilities' | 'address' | 'isHealthy'>[],
  query: AgentQuery,
): readonly FoundAgent[] {
  const byName = new Map<string, FoundAgent>()
  for (const { metadata, capabilities, address, isHealthy } of instances) {
    const { agent: name, id } = metadata
    if (typeof name !== 'string' || typeof id !== 'string' || !isHealthy || byName.has(name)) continue
    const placement = metadata.placement as AgentPlacement
    const found: FoundAgent = {
      id: name,
      type: String(metadata.type),
      capabilities,
      resources: (metadata.resources ?? {}) as AgentResources,
      placement,
      node: typeof placement === 'object' ? placement.node : address.node,
    }
    if (isAsked(found, id, query)) byName.set(name, found)
  }
  return [...byName.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** Whether it is what is asked for. `id`: as it was registered; a replica has a name of its own besides. */
export function isAsked(
  agent: Pick<FoundAgent, 'id' | 'type' | 'capabilities'>,
  id: string,
  { capability, type, ids }: AgentQuery,
): boolean {
  if (capability !== undefined && !agent.capabilities.includes(capability)) return false
  if (type !== undefined && agent.type !== type) return false
  // That of an ecosystem stands for its roles.
  return ids === undefined || [agent.id, id, id.split('.', 1)[0] ?? id].some((one) => ids.includes(one))
}
