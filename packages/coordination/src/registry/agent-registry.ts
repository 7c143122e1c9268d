/**
 * The agents of a system: registered on nodes by plain configuration, kept by the kernel's supervisors, found from every node by what
 * they can do. Each node has one registry; they know of each other through the directory and ask each other by their registrars.
 */

import { checkOptions, definedOptions, type Node, rule } from '@mabeam/foundation'
import type { Team } from '../agents/team.ts'
import type { AgentConfiguration } from './agent-configuration.ts'
import type { AgentHistoryEntry } from './agent-life.ts'
import type { AgentQuery, AgentReport, EcosystemReport, FoundAgent, ResourceReport } from './agent-report.ts'
import type { EcosystemConfiguration } from './ecosystem.ts'
import { openRegistry } from './registry-runtime.ts'

export interface AgentRegistryOptions {
  /** Agents registered on this node, roles included; one more is refused with `foundation/limit-reached`. @default 10000 */
  readonly agentsMax?: number
  /** Entries kept of each agent's history; the oldest go. @default 100 */
  readonly historyMax?: number
}

const agentRegistryDefaults = {
  agentsMax: 10_000,
  historyMax: 100,
} as const satisfies Required<AgentRegistryOptions>

export interface RegisterAgentOptions {
  /** Starts it as well; what would not start is not registered. @default false */
  readonly start?: boolean
}

export interface AgentWaitOptions {
  /** Ends the waiting with `signal.reason`; what was begun goes on. @default none */
  readonly signal?: AbortSignal | undefined
}

/**
 * Used by programs and orchestrators; concurrently. Ids are those of agents and ecosystems of the whole system: of one that is
 * registered on another node that node is asked; of one that is registered on several, all of them.
 */
export interface AgentRegistry extends AsyncDisposable {
  /**
   * Takes an agent in; it does not run yet. Rejects with `foundation/invalid-option` and `foundation/unknown-name` that name the
   * field, `coordination/agent-module`, `coordination/agent-exists`, `foundation/limit-reached`, `coordination/registry-closed`;
   * with `start` as `start` does.
   */
  register(configuration: AgentConfiguration, options?: RegisterAgentOptions): Promise<void>
  /** Roles under one supervisor, that start and stop together. Rejects as `register` does. */
  registerEcosystem(ecosystem: EcosystemConfiguration, options?: RegisterAgentOptions): Promise<void>
  /** Stops it and forgets it; it must be registered on this node. Rejects with `coordination/unknown-agent`. */
  unregister(id: string): Promise<void>
  /**
   * Resolves when it runs and can be found; at once when it does already. Of a singleton every node that registered it offers to run it.
   * Rejects with `coordination/agent-start-failed`, `coordination/unknown-agent`, `coordination/agent-in-ecosystem`.
   */
  start(id: string, options?: AgentWaitOptions): Promise<void>
  /** Resolves when it has ended, for good. Rejects as `start` does. */
  stop(id: string, options?: AgentWaitOptions): Promise<void>
  restart(id: string, options?: AgentWaitOptions): Promise<void>
  /**
   * As it is now, on this node or another. Of a singleton or replicated one as the nearest registry has it, of a replica `id/node` as
   * that node has it. Of an ecosystem as if it were one agent: of the type `ecosystem`, running when all of its roles do, with the sum of their
   * resources.
   */
  status(id: string, options?: AgentWaitOptions): Promise<AgentReport>
  /** What became of it, oldest first; bounded by `historyMax`. */
  history(id: string, options?: AgentWaitOptions): Promise<readonly AgentHistoryEntry[]>
  /** The agents of this node, whether they run or not, by id. @default all of them */
  list(query?: AgentQuery): readonly AgentReport[]
  /** The ecosystems of this node. */
  ecosystems(): readonly EcosystemReport[]
  /** Running agents of the whole system, by id; from this node's copy of the directory, at once. */
  find(query?: AgentQuery): readonly FoundAgent[]
  /**
   * A team of the agents that `find` gives, each reached by its name, so that it survives restarts. It may have nobody in it; who dies
   * after is absent.
   *
   * @example const result = await decide(registry.team({ capability: 'review' }), { kind: 'majority', options })
   */
  team(query: AgentQuery): Team
  resources(): Promise<ResourceReport>
}

/**
 * The registry of a node; the same for all who ask, the first options count. It ends with the node, or when it is disposed: then
 * its agents are stopped.
 *
 * @example
 * const registry = await agentRegistry(node)
 * await registry.register({ id: 'north', module: './voter.ts', capabilities: ['vote'], resources: { cpu: 1 } }, { start: true })
 */
export function agentRegistry(node: Node, options: AgentRegistryOptions = {}): Promise<AgentRegistry> {
  checkOptions('agentRegistry', options, {
    agentsMax: rule.optional(rule.int(1)),
    historyMax: rule.optional(rule.int(1, 100_000)),
  })
  const settings = { ...agentRegistryDefaults, ...definedOptions(options) }
  return node.part('agent-registry', () => openRegistry(node, settings))
}
