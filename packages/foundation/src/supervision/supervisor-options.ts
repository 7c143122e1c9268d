/** What supervisors and their children are given, checked where it is given. */

import { type ActorDefinition, type ArgOf, checkDefinition, type Isolation, isolations } from '../actors/actor.ts'
import { type Overflow, overflows } from '../actors/mailbox.ts'
import { checkOptions, invalidOption, rule } from '../options.ts'
import { type Backoff, checkBackoff } from './backoff.ts'
import type { AutoShutdown, Restart, Strategy } from './supervisor-step.ts'

export interface SupervisorOptions {
  /** For people: in errors, telemetry and the tree. @default 'supervisor' */
  readonly name?: string
  /** @default 'one-for-one' */
  readonly strategy?: Strategy
  /** Restarts allowed inside `windowMs`; one more and all children are stopped and the supervisor gives up. @default 3 */
  readonly restartsMax?: number
  /** @default 5_000 */
  readonly windowMs?: number
  /** Delays between restarts of one child; they begin anew once it has run for `windowMs`. @default none: at once */
  readonly backoff?: Backoff | undefined
  /** Ends the supervisor, as if asked to, when a significant child has ended by itself, or all have. @default 'never' */
  readonly autoShutdown?: AutoShutdown
  /** In the order of starting; made by `child`, `childSupervisor` and `childDynamic`. At most 1,000. */
  readonly children: readonly SupervisorChild[]
}

export const supervisorDefaults = {
  name: 'supervisor',
  strategy: 'one-for-one',
  restartsMax: 3,
  windowMs: 5_000,
  backoff: undefined,
  autoShutdown: 'never',
} as const satisfies Omit<Required<SupervisorOptions>, 'children'>

const staticChildrenMax = 1_000

export interface DynamicSupervisorOptions {
  /** For people: in errors, telemetry and the tree. @default 'dynamic-supervisor' */
  readonly name?: string
  /** Children at one time; one more is refused with `foundation/limit-reached`. @default 10_000 */
  readonly childrenMax?: number
  /**
   * Restarts allowed inside `windowMs`, of all children together; one more and all are stopped and the supervisor gives
   * up. A restart takes time in proportion to it.
   * @default 3
   */
  readonly restartsMax?: number
  /** @default 5_000 */
  readonly windowMs?: number
  /** Delays between restarts of one child; they begin anew once it has run for `windowMs`. @default none: at once */
  readonly backoff?: Backoff | undefined
}

export const dynamicSupervisorDefaults = {
  name: 'dynamic-supervisor',
  childrenMax: 10_000,
  restartsMax: 3,
  windowMs: 5_000,
  backoff: undefined,
} as const satisfies Required<DynamicSupervisorOptions>

/** How a child of a dynamic supervisor is kept. */
export interface DynamicChildOptions {
  /** @default as the definition says */
  readonly isolation?: Isolation
  /** Registered, so that references by it survive a restart. @default none */
  readonly name?: string
  /** @default 'permanent' */
  readonly restart?: Restart
  /** How long it may take to stop before it is killed. @default 5_000 */
  readonly shutdownMs?: number
  /** How long its `init` may take before the start has failed. @default startMs of the node */
  readonly startMs?: number
  /** @default as the definition says, else the node */
  readonly mailboxCapacity?: number
  /** @default as the definition says, else the node */
  readonly overflow?: Overflow
  /** @default as the definition says, else the node */
  readonly waitersMax?: number
}

/** How a child of a supervisor is kept. */
export interface ChildOptions extends DynamicChildOptions {
  /** Unique in its supervisor. @default the name, else the name of the definition */
  readonly id?: string
  /** Its end by itself may end the supervisor, as `autoShutdown` says; not for permanent ones. @default false */
  readonly significant?: boolean
}

export const childDefaults = {
  restart: 'permanent',
  shutdownMs: 5_000,
  significant: false,
} as const satisfies Partial<ChildOptions>

/** A child as a supervisor is given it. */
export type SupervisorChild = {
  readonly id: string
  readonly restart: Restart
  readonly significant: boolean
} & (
  | {
      readonly type: 'actor'
      readonly definition: ActorDefinition
      readonly arg: unknown
      readonly options: ChildOptions
    }
  | { readonly type: 'supervisor'; readonly options: SupervisorOptions }
  | { readonly type: 'dynamic'; readonly options: DynamicSupervisorOptions }
)

/** How a supervisor under a supervisor is kept. */
export type NestedOptions = Pick<ChildOptions, 'restart' | 'significant'>

/** @example child(Counter, 1, { name: 'counter', restart: 'transient' }) */
export function child<D extends ActorDefinition>(
  definition: D,
  arg: ArgOf<D>,
  options: ChildOptions = {},
): SupervisorChild {
  checkDefinition('child', definition)
  checkChildOptions('child', options)
  const id = options.id ?? options.name ?? definition.name
  return { type: 'actor', id, ...kept('child', options), definition, arg, options }
}

/**
 * A supervisor under a supervisor: when it gives up, that is the exit its own supervisor sees. As in OTP it may take as
 * long to stop as its children do.
 *
 * @example childSupervisor('pool', { children: [child(Worker, 1)] }, { restart: 'transient' })
 */
export function childSupervisor(id: string, options: SupervisorOptions, how: NestedOptions = {}): SupervisorChild {
  checkSupervisorOptions(options)
  return { type: 'supervisor', id, ...kept('childSupervisor', how), options: { ...options, name: options.name ?? id } }
}

/**
 * A dynamic supervisor under a supervisor; `supervisor.dynamic(id)` is where children are started.
 *
 * @example childDynamic('sessions', { childrenMax: 50_000 })
 */
export function childDynamic(
  id: string,
  options: DynamicSupervisorOptions = {},
  how: NestedOptions = {},
): SupervisorChild {
  checkDynamicOptions(options)
  return { type: 'dynamic', id, ...kept('childDynamic', how), options: { ...options, name: options.name ?? id } }
}

function kept(owner: string, how: NestedOptions): { readonly restart: Restart; readonly significant: boolean } {
  const { restart = childDefaults.restart, significant = childDefaults.significant } = how
  if (significant && restart === 'permanent') {
    throw invalidOption(owner, 'significant', 'a transient or temporary child, which can end by itself', restart)
  }
  return { restart, significant }
}

const dynamicChildRules = {
  name: rule.optional(rule.string()),
  restart: rule.optional(rule.oneOf(['permanent', 'transient', 'temporary'])),
  isolation: rule.optional(rule.oneOf(isolations)),
  shutdownMs: rule.optional(rule.number(0)),
  startMs: rule.optional(rule.number(1)),
  mailboxCapacity: rule.optional(rule.int(1)),
  overflow: rule.optional(rule.oneOf(overflows)),
  waitersMax: rule.optional(rule.int(0)),
}

/** Checks what a child may be given; `owner` names the function it was given to. */
export function checkChildOptions(owner: string, options: object): void {
  checkOptions(owner, options, {
    ...dynamicChildRules,
    id: rule.optional(rule.string()),
    significant: rule.optional(rule.boolean()),
  })
}

export function checkDynamicChildOptions(owner: string, options: object): void {
  checkOptions(owner, options, dynamicChildRules)
}

const restartRules = {
  name: rule.optional(rule.string()),
  restartsMax: rule.optional(rule.int(0)),
  windowMs: rule.optional(rule.number(1)),
  backoff: rule.optional(rule.object()),
}

export function checkDynamicOptions(options: DynamicSupervisorOptions): void {
  checkOptions('superviseDynamic', options, { ...restartRules, childrenMax: rule.optional(rule.int(1)) })
  if (options.backoff !== undefined) checkBackoff('superviseDynamic', options.backoff)
}

export function checkSupervisorOptions(options: SupervisorOptions): void {
  checkOptions('supervise', options, {
    ...restartRules,
    strategy: rule.optional(rule.oneOf(['one-for-one', 'one-for-all', 'rest-for-one'])),
    autoShutdown: rule.optional(rule.oneOf(['never', 'any-significant', 'all-significant'])),
    children: rule.array(),
  })
  if (options.backoff !== undefined) checkBackoff('supervise', options.backoff)
  const { children, autoShutdown = supervisorDefaults.autoShutdown } = options
  if (children.length > staticChildrenMax) {
    throw invalidOption('supervise', 'children', `at most ${staticChildrenMax} children`, children.length)
  }
  const ids = new Set<string>()
  for (const { id, significant } of children) {
    if (ids.has(id)) throw invalidOption('supervise', 'children', 'children with ids of their own', id)
    if (significant && autoShutdown === 'never') {
      throw invalidOption(
        'supervise',
        'autoShutdown',
        'any-significant or all-significant, as a child is significant',
        id,
      )
    }
    ids.add(id)
  }
}
