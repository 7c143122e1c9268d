/** Agents as data: what a registry tells of them. */

import type { Strategy } from '@mabeam/foundation'
import type { AgentPlacement, AgentResources } from './agent-configuration.ts'
import type { AgentHealth } from './agent-health.ts'
import type { AgentStatus } from './agent-life.ts'

/** What an agent is by its configuration. */
export interface AgentTraits {
  readonly id: string
  readonly type: string
  readonly capabilities: readonly string[]
  readonly resources: AgentResources
  readonly placement: AgentPlacement
}

/** An agent as the registry of one node has it. */
export interface AgentReport extends AgentTraits {
  /** Of the registry that tells. */
  readonly registeredOn: string
  /** Where it runs, as far as that is known; missing while it does not. */
  readonly node?: string
  readonly ecosystem?: string
  readonly status: AgentStatus
  readonly health: AgentHealth
  /** In milliseconds since the Unix epoch. */
  readonly sinceMs: number
  readonly starts: number
  readonly restarts: number
  readonly lastExit?: string
  /** Messages that wait; missing where it does not run on this node. */
  readonly mailboxSize?: number
  /** Of its thread, with `sharedBy` actors in it; missing for what runs beside the node, whose memory can't be told apart. */
  readonly memory?: { readonly heapBytes: number; readonly externalBytes: number; readonly sharedBy: number }
}

/** Roles under one supervisor. */
export interface EcosystemReport {
  readonly id: string
  readonly strategy: Strategy
  readonly roles: readonly AgentReport[]
}

/** An agent of the system that runs. */
export interface FoundAgent extends AgentTraits {
  /** The node that tells of it: of a singleton each node that offers to run it, of which one is shown. */
  readonly node: string
}

/** What an agent must be to be found; all of it. */
export interface AgentQuery {
  readonly capability?: string
  readonly type?: string
  /** One of these. A replica is `id/node`, and `id` means all of its replicas; that of an ecosystem all of its roles. */
  readonly ids?: readonly string[]
}

/** Sums by resource. */
export interface ResourceReport {
  /** What the nodes of the system have, by what they say of themselves: `cpu`, `memoryMiB`, `gpus`; missing what none says. */
  readonly capacity: AgentResources
  /** What running agents were said to need. */
  readonly used: AgentResources
}
