/** How an agent is described: plain data, so that it may come from a file. Checked whole before anything is started. */

import {
  type ActorDefinition,
  checkOptions,
  definedOptions,
  type Isolation,
  invalidOption,
  type OptionRule,
  type Restart,
  rule,
} from '@mabeam/foundation'

/**
 * Where an agent runs. `local`: on the node that registers it. `singleton`: once in the system, on one of the nodes that register
 * it; it comes back on another when that one dies. `replicated`: once on each node that registers it. `{ node }`: on that
 * node, which must have its definition (`definitions` of `startNode`).
 */
export type AgentPlacement = 'local' | 'singleton' | 'replicated' | { readonly node: string }

/** What an agent needs by name, such as `{ cpu: 2, memoryMiB: 512, gpus: 1 }`; any other name is counted too. */
export type AgentResources = { readonly [resource: string]: number }

export interface AgentConfiguration {
  /** Unique in the system; up to 64 letters, digits, `-` and `_`. It is also the name by which the agent is called. */
  readonly id: string
  /** A path, relative to the working directory, the URL of a file, or the name of a package. It runs as the program does. */
  readonly module?: string
  /** Of the module. @default the only actor that it exports */
  readonly export?: string
  /** Instead of `module`, where the program has it at hand. */
  readonly definition?: ActorDefinition
  /** What its `init` is given. @default undefined */
  readonly arg?: unknown
  /** What kind of agent it is, by a word; found by it. @default 'agent' */
  readonly type?: string
  /** `permanent` is the only one for placements `singleton` and `replicated`. @default 'permanent' */
  readonly restart?: Restart
  /** Restarts allowed inside `windowMs`; one more and it has failed. @default 3 */
  readonly restartsMax?: number
  /** @default 5000 */
  readonly windowMs?: number
  /** What it can do, by words; found by them. @default [] */
  readonly capabilities?: readonly string[]
  /** @default {} */
  readonly resources?: AgentResources
  /** @default 'local' */
  readonly placement?: AgentPlacement
  /** @default as the definition says */
  readonly isolation?: Isolation
  /** How long its `init` may take. @default 30000 */
  readonly startMs?: number
  /** How long it may take to stop before it is killed. @default 5000 */
  readonly shutdownMs?: number
  /** @default as the definition says, else the node */
  readonly mailboxCapacity?: number
}

/** A configuration with everything said, and the code it names. */
export interface CheckedAgent
  extends Omit<Required<AgentConfiguration>, 'isolation' | 'mailboxCapacity' | 'export' | 'module'> {
  readonly isolation: Isolation | undefined
  readonly mailboxCapacity: number | undefined
}

export const agentDefaults = {
  arg: undefined,
  type: 'agent',
  restart: 'permanent',
  restartsMax: 3,
  windowMs: 5_000,
  capabilities: [],
  resources: {},
  placement: 'local',
  startMs: 30_000,
  shutdownMs: 5_000,
} as const satisfies Partial<AgentConfiguration>

const capabilitiesMax = 64
const resourcesMax = 32
const wordPattern = /^[A-Za-z0-9_-]{1,64}$/

/** Up to 64 letters, digits, `-` and `_`; not `__proto__`, which no message may have as a key. */
export const wordRule: OptionRule = {
  expected: 'up to 64 letters, digits, - and _',
  test: (value) => typeof value === 'string' && wordPattern.test(value) && value !== '__proto__',
  optional: false,
}

const capabilitiesRule: OptionRule = {
  expected: `at most ${capabilitiesMax} different non-empty texts of at most 200 characters`,
  test: (value) =>
    Array.isArray(value) &&
    value.length <= capabilitiesMax &&
    new Set(value).size === value.length &&
    value.every((one) => typeof one === 'string' && one.length > 0 && one.length <= 200),
  optional: true,
}

export const resourcesRule: OptionRule = {
  expected: `at most ${resourcesMax} words with finite numbers from 0`,
  test: (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).length <= resourcesMax &&
    Object.entries(value).every(([name, one]) => wordPattern.test(name) && Number.isFinite(one) && one >= 0),
  optional: true,
}

const placementRule: OptionRule = {
  expected: "'local', 'singleton', 'replicated' or { node: name }",
  test: (value) => {
    if (value === 'local' || value === 'singleton' || value === 'replicated') return true
    if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return false
    const { node } = value as { readonly node?: unknown }
    return typeof node === 'string' && node.length > 0
  },
  optional: true,
}

const agentRules = {
  id: wordRule,
  module: rule.optional(rule.string()),
  export: rule.optional(rule.string()),
  definition: rule.optional(rule.object()),
  arg: rule.optional(rule.any()),
  type: rule.optional(wordRule),
  restart: rule.optional(rule.oneOf(['permanent', 'transient', 'temporary'])),
  restartsMax: rule.optional(rule.int(0)),
  windowMs: rule.optional(rule.number(1)),
  capabilities: capabilitiesRule,
  resources: resourcesRule,
  placement: placementRule,
  isolation: rule.optional(rule.oneOf(['none', 'thread', 'own-thread'])),
  startMs: rule.optional(rule.number(1)),
  shutdownMs: rule.optional(rule.number(0)),
  mailboxCapacity: rule.optional(rule.int(1)),
} as const satisfies { readonly [key in keyof AgentConfiguration]-?: OptionRule }

/**
 * Throws `foundation/invalid-option` naming the field, and `foundation/unknown-name` for one that there is not. `owner` is how
 * sentences about it begin.
 */
export function checkConfiguration(owner: string, configuration: AgentConfiguration): void {
  checkOptions(owner, configuration, agentRules)
  const { module, definition, placement = agentDefaults.placement, restart = agentDefaults.restart } = configuration
  if ((module === undefined) === (definition === undefined)) {
    throw invalidOption(owner, 'module', 'either module or definition', module === undefined ? undefined : 'both')
  }
  if (configuration.export !== undefined && module === undefined) {
    throw invalidOption(owner, 'export', 'nothing, since there is no module', configuration.export)
  }
  const isPlaced = placement === 'singleton' || placement === 'replicated'
  if (isPlaced && restart !== 'permanent') {
    throw invalidOption(owner, 'restart', `permanent, since placement is ${placement}`, restart)
  }
}

/** Defaults filled in, with the code found. Requires: it was checked. */
export function checkedAgent(configuration: AgentConfiguration, definition: ActorDefinition): CheckedAgent {
  const { module: _, export: __, ...given } = configuration
  return { ...agentDefaults, isolation: undefined, mailboxCapacity: undefined, ...definedOptions(given), definition }
}
