/** How an orchestrator is opened, and what directives must be; checked where they are given. */

import { checkOptions, definedOptions, invalidOption, rule } from '@mabeam/foundation'
import { type AgentResources, resourcesRule, wordRule } from '../registry/agent-configuration.ts'
import type { Constraint, Directive, Metrics } from './directive.ts'
import { checkParameters } from './directive-cells.ts'

export interface OrchestratorOptions {
  /** Up to 64 letters, digits, `-` and `_`; of a singleton the name of its place in the system. @default 'orchestrator' */
  readonly name?: string
  /**
   * Whether of all nodes that open it one coordinates, and another when that one is gone. All must have the same directives. Its strong
   * parameters take no writes but those of who holds the place.
   * @default false
   */
  readonly singleton?: boolean
  /** Called once for each `coordinateSystem`. What it gives are finite numbers by name. @default no metrics, and no adaptation */
  readonly measure?: (signal: AbortSignal) => Metrics | Promise<Metrics>
  /** Of all directives. @default [] */
  readonly constraints?: readonly Constraint[]
  /** What there is to use, by resource. @default what the nodes of the system say they have */
  readonly capacity?: AgentResources
  /** Coordinates all directives so often, counted from the end of the last time. @default only when it is asked to */
  readonly everyMs?: number
  /** For one call of `coordinate`, `adapt` or `measure`. @default 30000 */
  readonly timeoutMs?: number
  /** For one start, stop or set, and for each undoing. @default 60000 */
  readonly changeTimeoutMs?: number
  /** For a whole `coordinateSystem` of a singleton on another node. @default 600000 */
  readonly systemTimeoutMs?: number
  /** @default 1000 */
  readonly directivesMax?: number
  /** Turns kept of each directive; the oldest go. @default 100 */
  readonly historyMax?: number
}

export interface OrchestratorSettings extends Omit<Required<OrchestratorOptions>, 'measure' | 'capacity' | 'everyMs'> {
  readonly measure: OrchestratorOptions['measure'] | undefined
  readonly capacity: AgentResources | undefined
  readonly everyMs: number | undefined
}

const orchestratorDefaults = {
  name: 'orchestrator',
  singleton: false,
  measure: undefined,
  constraints: [],
  capacity: undefined,
  everyMs: undefined,
  timeoutMs: 30_000,
  changeTimeoutMs: 60_000,
  systemTimeoutMs: 600_000,
  directivesMax: 1_000,
  historyMax: 100,
} as const satisfies OrchestratorSettings

const agentsMax = 10_000

/** Throws `foundation/invalid-option` and `foundation/unknown-name`. */
export function orchestratorSettings(options: OrchestratorOptions): OrchestratorSettings {
  checkOptions('orchestrator', options, {
    name: rule.optional(wordRule),
    singleton: rule.optional(rule.boolean()),
    measure: rule.optional(rule.fn()),
    constraints: rule.optional(rule.array()),
    capacity: resourcesRule,
    everyMs: rule.optional(rule.int(1)),
    timeoutMs: rule.optional(rule.int(1)),
    changeTimeoutMs: rule.optional(rule.int(1)),
    systemTimeoutMs: rule.optional(rule.int(1)),
    directivesMax: rule.optional(rule.int(1)),
    historyMax: rule.optional(rule.int(1, 10_000)),
  })
  checkConstraints('orchestrator', options.constraints ?? [])
  return { ...orchestratorDefaults, ...definedOptions(options) }
}

/** Throws `foundation/invalid-option` and `foundation/unknown-name`. */
export function checkDirective(directive: Directive): void {
  const owner = `directive ${String(directive?.id)}`
  checkOptions(owner, directive, {
    id: wordRule,
    type: wordRule,
    agents: rule.optional(rule.object()),
    coordinate: rule.fn(),
    adapt: rule.optional(rule.fn()),
    constraints: rule.optional(rule.array()),
    parameters: rule.optional(rule.object()),
  })
  const { agents = [], constraints = [], parameters = {} } = directive
  checkConstraints(owner, constraints)
  checkParameters(owner, parameters)
  if (!Array.isArray(agents)) {
    checkOptions(`${owner}: agents`, agents, {
      capability: rule.optional(rule.string()),
      type: rule.optional(wordRule),
      ids: rule.optional(rule.array()),
    })
    return
  }
  const isFine = agents.every((id) => typeof id === 'string' && id !== '') && new Set(agents).size === agents.length
  if (!isFine || agents.length > agentsMax) {
    throw invalidOption(owner, 'agents', `at most ${agentsMax} different ids, or what they are`, agents)
  }
}

function checkConstraints(owner: string, constraints: readonly Constraint[]): void {
  const names = new Set<string>()
  for (const constraint of constraints) {
    checkOptions(`${owner}: constraint`, constraint, { name: rule.string(), holds: rule.fn() })
    if (names.has(constraint.name)) throw invalidOption(owner, 'constraints', 'names of their own', constraint.name)
    names.add(constraint.name)
  }
}
