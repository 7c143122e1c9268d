/** Gathers what a directive is decided on: its agents wherever they are, resources, and its values. */

import { hasCode, type Node } from '@mabeam/foundation'
import type { Team } from '../agents/team.ts'
import type { AgentResources } from '../registry/agent-configuration.ts'
import type { AgentRegistry } from '../registry/agent-registry.ts'
import type { AgentQuery, AgentReport } from '../registry/agent-report.ts'
import type { Directive, DirectiveAgent, DirectiveTurn, Metrics, Situation } from './directive.ts'
import type { CellsSnapshot, DirectiveCells } from './directive-cells.ts'

export interface SituationSources {
  readonly node: Node
  readonly registry: AgentRegistry
  /** In place of what nodes say of themselves. */
  readonly capacity: AgentResources | undefined
}

/** What is known by those who ask. */
export interface SituationParts {
  readonly directive: Directive
  readonly cells: DirectiveCells
  readonly metrics: Metrics
  readonly given: unknown
  readonly history: readonly DirectiveTurn[]
}

export interface Gathered {
  readonly situation: Situation
  readonly seen: CellsSnapshot
}

/** Rejects with what could not be had: another node, the engine; and with `signal.reason`. */
export async function gatherSituation(
  { node, registry, capacity }: SituationSources,
  { directive, cells, metrics, given, history }: SituationParts,
  signal: AbortSignal,
): Promise<Gathered> {
  const [agents, resources, seen] = await Promise.all([
    agentsOf(registry, directive.agents ?? [], signal),
    registry.resources(),
    cells.read(signal),
  ])
  const situation: Situation = {
    directive: directive.id,
    atMs: node.clock.nowMs(),
    agents,
    resources: capacity === undefined ? resources : { ...resources, capacity },
    values: seen.values,
    metrics,
    given,
    history,
  }
  return { situation, seen }
}

/** Those that run, to be asked. */
export function teamOf(registry: AgentRegistry, { agents = [] }: Directive): Team {
  return registry.team('length' in agents ? { ids: agents } : agents)
}

async function agentsOf(
  registry: AgentRegistry,
  agents: readonly string[] | AgentQuery,
  signal: AbortSignal,
): Promise<readonly DirectiveAgent[]> {
  const known = 'length' in agents ? [] : registry.list(agents)
  const ids = 'length' in agents ? agents : elsewhere(registry, agents, known)
  const asked = await Promise.all(ids.map((id) => reportOf(registry, id, signal)))
  const reports = [...known, ...asked.filter((one) => one !== undefined)]
  return ('length' in agents ? reports : reports.sort((a, b) => (a.id < b.id ? -1 : 1))).map(agentOf)
}

/** Those that run elsewhere. A replica is `id/node`; what starts and stops is all of them. */
function elsewhere(registry: AgentRegistry, query: AgentQuery, known: readonly AgentReport[]): readonly string[] {
  const own = new Set(known.map(({ id }) => id))
  const found = registry.find(query).map(({ id }) => id.split('/', 1)[0] ?? id)
  return [...new Set(found)].filter((id) => !own.has(id))
}

async function reportOf(registry: AgentRegistry, id: string, signal: AbortSignal): Promise<AgentReport | undefined> {
  try {
    return await registry.status(id, { signal })
  } catch (thrown) {
    // Not registered, or not any more: there is no such agent to decide on.
    if (hasCode(thrown, 'coordination/unknown-agent')) return undefined
    throw thrown
  }
}

function agentOf({ id, type, capabilities, resources, status, health, node }: AgentReport): DirectiveAgent {
  return { id, type, capabilities, resources, status, health, ...(node !== undefined && { node }) }
}
