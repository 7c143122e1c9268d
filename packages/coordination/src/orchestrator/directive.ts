/**
 * What a directive is: a lasting order over a system, such as "keep as many reviewers as there is work", with the agents it is about,
 * a function that says what is to be done, and what must hold always. It says it as data; the orchestrator does it.
 */

import type { Team } from '../agents/team.ts'
import type { AgentResources } from '../registry/agent-configuration.ts'
import type { AgentHealth } from '../registry/agent-health.ts'
import type { AgentStatus } from '../registry/agent-life.ts'
import type { AgentQuery, ResourceReport } from '../registry/agent-report.ts'
import type { Change } from './change-plan.ts'
import type { ParameterOptions } from './directive-cells.ts'

/** What is to be done. What is so already is left as it is. */
export interface DirectiveOutcome {
  /** Ids of agents of the directive. @default [] */
  readonly start?: readonly string[]
  /** @default [] */
  readonly stop?: readonly string[]
  /** Values of parameters of the directive. @default {} */
  readonly set?: { readonly [parameter: string]: unknown }
  /** For people, and kept in the history. @default none */
  readonly because?: string
}

/** An agent of a directive as it was when the turn began. */
export interface DirectiveAgent {
  readonly id: string
  readonly type: string
  readonly capabilities: readonly string[]
  readonly resources: AgentResources
  readonly status: AgentStatus
  readonly health: AgentHealth
  /** Missing while it does not run. */
  readonly node?: string
}

export interface Metrics {
  readonly [metric: string]: number
}

/** What a directive is decided on: data, gathered anew for each turn. */
export interface Situation {
  readonly directive: string
  /** In milliseconds since the Unix epoch. */
  readonly atMs: number
  /** The agents of the directive that are registered anywhere, running or not, in the order of its ids, else by id. */
  readonly agents: readonly DirectiveAgent[]
  /** Of the whole system. */
  readonly resources: ResourceReport
  /** Of the directive's parameters. */
  readonly values: { readonly [parameter: string]: unknown }
  /** What `measure` gave; empty without it. */
  readonly metrics: Metrics
  /** What `coordinateSystem` was given. */
  readonly given: unknown
  /** Earlier turns of this directive, oldest first; bounded. */
  readonly history: readonly DirectiveTurn[]
}

/** What a coordination function is given. */
export interface CoordinationInput extends Situation {
  /** The agents of the directive that run, to hold a session with. */
  readonly team: Team
  /** Aborts when the turn takes too long, is cancelled, or the orchestrator ends. */
  readonly signal: AbortSignal
}

/** How a system would be after an outcome. */
export interface Proposed {
  readonly outcome: DirectiveOutcome
  /** Ids of the agents of the directive that would run. */
  readonly running: readonly string[]
  readonly values: { readonly [parameter: string]: unknown }
  readonly resources: ResourceReport
  readonly situation: Situation
}

/**
 * What must hold always: a pure predicate. `true` and nothing else is that it holds; a text is what was got instead. One that throws, or
 * gives a promise, does not hold.
 */
export interface Constraint {
  readonly name: string
  readonly holds: (proposed: Proposed) => boolean | string
}

/** A constraint that would not hold, and what was got. */
export interface Violation {
  readonly constraint: string
  readonly got: string
}

export interface Directive {
  /** Up to 64 letters, digits, `-` and `_`. */
  readonly id: string
  /** What kind it is, by a word: for people, telemetry and the history. */
  readonly type: string
  /** By their ids, which need not be registered yet, or by what they are: registered on this node or running anywhere. @default [] */
  readonly agents?: readonly string[] | AgentQuery
  /** Says what is to be done; may hold a session with the team. Nothing is to be done: undefined. */
  readonly coordinate: (
    input: CoordinationInput,
  ) => DirectiveOutcome | undefined | Promise<DirectiveOutcome | undefined>
  /** Called after it with what was measured, where that is something: what is to be changed in the light of it. @default nothing */
  readonly adapt?: (
    metrics: Metrics,
    input: CoordinationInput,
  ) => DirectiveOutcome | undefined | Promise<DirectiveOutcome | undefined>
  /** @default [] */
  readonly constraints?: readonly Constraint[]
  /** Values under this directive, each a cell of the system. At most 100. @default {} */
  readonly parameters?: { readonly [parameter: string]: ParameterOptions }
}

/** What came of one outcome. */
export type DirectiveResult =
  | { readonly type: 'applied'; readonly changes: readonly Change[]; readonly because?: string }
  /** All was so already, or nothing was to be done. */
  | { readonly type: 'unchanged' }
  /** Nothing was done. */
  | { readonly type: 'refused'; readonly violations: readonly Violation[]; readonly outcome: DirectiveOutcome }
  /** One change failed, and those before it were undone. */
  | { readonly type: 'rolled-back'; readonly failed: Change; readonly message: string }
  /** One change failed, and `left` could not be undone. */
  | {
      readonly type: 'half-done'
      readonly failed: Change
      readonly message: string
      readonly left: readonly Change[]
    }
  /** `coordinate` or `adapt` threw, took too long, or gave what can't be read. */
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  /** A turn of this directive is under way; it is not begun twice. */
  | { readonly type: 'busy' }

/** One turn of one directive. */
export interface DirectiveTurn {
  readonly directive: string
  readonly kind: string
  /** Counted from 1 by this orchestrator; 0 of one that was not begun. */
  readonly turn: number
  readonly atMs: number
  readonly durationMs: number
  readonly metrics: Metrics
  /** Of the parameters, at the end of it. */
  readonly values: { readonly [parameter: string]: unknown }
  readonly coordinated: DirectiveResult
  /** Missing where nothing was to be adapted. */
  readonly adapted?: DirectiveResult
}
