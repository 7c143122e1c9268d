/**
 * The orchestrator of a system: runs the coordination functions of its directives, holds what they want against what must hold, and
 * does it. It knows of agents, resources and values, and of no domain.
 */

import type { CellWatchOptions, Node } from '@mabeam/foundation'
import { agentRegistry } from '../registry/agent-registry.ts'
import type { Directive, DirectiveTurn } from './directive.ts'
import { type OrchestratorOptions, orchestratorSettings } from './orchestrator-options.ts'
import { openOrchestrator } from './orchestrator-runtime.ts'
import type { ParameterWatch } from './parameter-watch.ts'

/** A directive that an orchestrator has. */
export interface OpenDirective {
  readonly id: string
  readonly type: string
  /** Of its parameters, as this node knows them, at once. */
  readonly values: { readonly [parameter: string]: unknown }
  /** Of strong parameters the newest there are. Rejects with `foundation/engine-unavailable`. */
  read(options?: { readonly signal?: AbortSignal | undefined }): Promise<{ readonly [parameter: string]: unknown }>
  /** The value there is, then each change, on whatever node it was made. Throws `foundation/invalid-option`, `foundation/cell-full`. */
  watch(parameter: string, options?: CellWatchOptions): ParameterWatch
}

export interface CoordinateOptions {
  /** What was begun is undone, then it rejects with `signal.reason`. @default none */
  readonly signal?: AbortSignal | undefined
}

/** Used by programs; concurrently. Closing it ends turns under way: what they had begun is undone. */
export interface Orchestrator extends AsyncDisposable {
  readonly name: string
  /** Whether it is this node that coordinates: always, unless it is a singleton whose place another node has. */
  readonly isActive: boolean
  /**
   * Takes a directive in and opens its parameters; nothing is done yet. Rejects with `foundation/invalid-option` and
   * `foundation/unknown-name`, `coordination/directive-exists`, `foundation/limit-reached`, `foundation/cell-differs`.
   */
  add(directive: Directive): Promise<OpenDirective>
  /** Ends its turn, if one is under way, and forgets it. What it has started and set stays. */
  remove(id: string): Promise<void>
  directive(id: string): OpenDirective | undefined
  directives(): readonly OpenDirective[]
  /**
   * One turn of one directive, or of all at once, in the order in which they were added: gathers what is known, runs `coordinate`, does what it says
   * unless a constraint would not hold, then `adapt` in the same way. What goes wrong with one is in its result and stops no other.
   * What they want is done one after the other, each held against what is so by then.
   *
   * Of a singleton the node that has the place does it. `given` is handed to the functions; to another node it is sent.
   * Rejects with `coordination/unknown-directive`, `coordination/orchestrator-closed`, and with `signal.reason`.
   *
   * @example const [turn] = await orchestrator.coordinateSystem('reviewers', { backlog: 40 })
   */
  coordinateSystem(id?: string, given?: unknown, options?: CoordinateOptions): Promise<readonly DirectiveTurn[]>
  /** Turns that this node has done, oldest first. */
  history(query?: { readonly directive?: string; readonly limit?: number }): readonly DirectiveTurn[]
}

/**
 * Opens an orchestrator on a node; of one name the same for all who ask, the first options count. It uses the agent registry of the
 * node and ends with it.
 *
 * @example
 * const system = await orchestrator(node, { measure: () => ({ backlog: queue.length }) })
 * await system.add({ id: 'reviewers', type: 'resource-allocation', agents: { type: 'reviewer' },
 *   coordinate: resourceAllocation({ wanted: ({ metrics }) => (metrics.backlog ?? 0) / 10, atLeast: 1 }) })
 * await system.coordinateSystem()
 */
export async function orchestrator(node: Node, options: OrchestratorOptions = {}): Promise<Orchestrator> {
  const settings = orchestratorSettings(options)
  // Before, so that it is closed after.
  const registry = await agentRegistry(node)
  return await node.part(`orchestrator ${settings.name}`, () => openOrchestrator({ node, registry, settings }))
}
