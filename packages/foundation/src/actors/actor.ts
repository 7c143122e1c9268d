/**
 * What an actor is: a state, and handlers that take it and a message and give the next state. Handlers are pure, or
 * async where they must wait; they get one message at a time. What throws is a crash: the state is lost and the
 * supervisor decides. A failure that callers should handle is a reply.
 */

// biome-ignore-all lint/suspicious/noExplicitAny: the types of handlers are inferred through it; none reaches a user.
// biome-ignore-all lint/suspicious/noConfusingVoidType: no input at all, as a user writes it.

import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Clock } from '../clock.ts'
import { checkOptions, invalidOption, rule } from '../options.ts'
import type { Random } from '../random.ts'
import type { ActorReference } from './actor-address.ts'
import type { Effect, WithEffects } from './effect.ts'
import type { ExitReason } from './exit-reason.ts'
import { type Overflow, overflows } from './mailbox.ts'

/** What handlers are given besides state and message. */
export interface ActorContext {
  /** This actor, to be sent to others. */
  readonly self: ActorReference
  readonly clock: Clock
  /** A stream of its own for each actor. */
  readonly random: Random
  /**
   * The fencing token of the place that it holds, for one that `place` has put there: every holder after it has a higher
   * one. Give it to whatever it changes outside of itself, such as a strong cell.
   */
  readonly fence: number | undefined
  /**
   * Give it to what an async handler waits for. Aborts when the actor ends, so that a kill ends that too; in a call also
   * when its caller gives up (its deadline passes, its own signal aborts), with that as the reason. A call handler that
   * then throws the reason, or an error with it as `cause`, is no crash: the state stays as it was.
   *
   * Read it before the handler is done. That of a call stands still once the call is replied to: what goes on after the
   * reply takes the one that `init` or a cast is given.
   */
  readonly signal: AbortSignal
}

/** A state, or a state with effects. */
export type Next<S> = S | WithEffects<S>
/** What a call handler returns. */
export type Reply<S, R = unknown> =
  | readonly [state: S, reply: R]
  | readonly [state: S, reply: R, effects: readonly Effect[]]

type Handled<I> = unknown extends I ? any : I

/** Call handlers by name, while their inputs are inferred from schemas or annotations. */
type CallHandlers<S, I> = {
  readonly [K in keyof I]: {
    /**
     * Any Standard Schema that checks and does not change: inputs that come from another node are checked by it, and
     * all of them in development; the handler is given what was sent.
     */
    readonly input?: StandardSchemaV1<I[K], I[K]>
    readonly run: (state: S, input: Handled<I[K]>, context: ActorContext) => Reply<S> | Promise<Reply<S>>
  }
}
type CastHandlers<S, I> = {
  readonly [K in keyof I]: {
    readonly input?: StandardSchemaV1<I[K], I[K]>
    readonly run: (state: S, input: Handled<I[K]>, context: ActorContext) => Next<S> | Promise<Next<S>>
  }
}
type Handlers = { readonly [name: string]: { readonly input?: unknown; readonly run: unknown } }

type Empty = Record<never, never>

/** What `defineActor` is given. */
export interface ActorSpec<S, A, CI, TI, C extends Handlers, T extends Handlers> {
  /** Names the kind of actor on every node that has it. */
  readonly name: string
  /** The major version of its messages and state. */
  readonly version: number
  readonly init: (arg: A, context: ActorContext) => Next<S> | Promise<Next<S>>
  /** Answered with `[state, reply]` or `[state, reply, effects]`. @default {} */
  readonly calls?: CallHandlers<S, CI> & C
  /** Answered with the state, or `withEffects(state, effects)`. @default {} */
  readonly casts?: CastHandlers<S, TI> & T
  /**
   * Told of the end of an actor it monitors. With `exit` and timers that is all an actor hears besides calls and casts.
   * @default the state stays
   */
  readonly down?: (state: S, gone: Gone, context: ActorContext) => Next<S> | Promise<Next<S>>
  /** Told of the end of an actor it is linked to, whatever the reason. @default it ends too, unless that ended normally */
  readonly exit?: (state: S, gone: Gone, context: ActorContext) => Next<S> | Promise<Next<S>>
  /** Last words, when it ends itself or is asked to; not after a crash, a kill or the end of a linked one. @default nothing */
  readonly stop?: (state: S, reason: ExitReason, context: ActorContext) => void | Promise<void>
  /**
   * What the next holder of its place is given when it is handed over: data that can be sent. Called between two messages;
   * what waits after it goes to the next holder. @default nothing
   */
  readonly save?: (state: S) => unknown
  /** Begins with what `save` gave, in place of `init`. Goes with `save`. */
  readonly load?: (saved: any, arg: A, context: ActorContext) => Next<S> | Promise<Next<S>>
  /** Messages waiting at most. @default mailboxCapacity of the node */
  readonly mailboxCapacity?: number
  /** @default overflow of the node */
  readonly overflow?: Overflow
  /** Calls that wait for room where `overflow` is `block`. @default waitersMax of the node */
  readonly waitersMax?: number
  /**
   * `thread`: its handlers run in a worker thread that it may share, `own-thread`: in one of its own. The module is loaded
   * there once more, so it must export the definition and start nothing.
   * @default 'none'
   */
  readonly isolation?: Isolation
}

/** Whether handlers run beside the node or in a worker thread. */
export type Isolation = 'none' | 'thread' | 'own-thread'

/** The kinds, for checks of options. */
export const isolations: readonly Isolation[] = ['none', 'thread', 'own-thread']

/** Who is no more, and why. */
export interface Gone {
  readonly actor: ActorReference
  readonly reason: ExitReason
}

/** One handler, as the runtime uses it. */
export interface Handler {
  readonly name: string
  readonly input: StandardSchemaV1 | undefined
  readonly run: (state: unknown, input: unknown, context: ActorContext) => unknown
  /** Known to return promises: only then is the async context entered. */
  async: boolean
  /** Its messages come once and must not be dropped: `down` and `exit`. */
  readonly lasting: boolean
}

declare const types: unique symbol

/** A defined actor: a value, the same for every instance. */
export interface ActorDefinition<S = any, A = any, C = any, T = any> {
  /** The module that defines it, for threads and nodes that load it. */
  readonly module: string
  readonly name: string
  readonly version: number
  readonly init: (arg: A, context: ActorContext) => unknown
  readonly calls: ReadonlyMap<string, Handler>
  readonly casts: ReadonlyMap<string, Handler>
  readonly down: Handler | undefined
  readonly exit: Handler | undefined
  readonly stop: ((state: S, reason: ExitReason, context: ActorContext) => unknown) | undefined
  readonly save: ((state: S) => unknown) | undefined
  readonly load: ((saved: any, arg: A, context: ActorContext) => unknown) | undefined
  readonly mailboxCapacity: number | undefined
  readonly overflow: Overflow | undefined
  readonly waitersMax: number | undefined
  readonly isolation: Isolation
  /** What this one stands in for, whose handlers run in a thread. */
  readonly original?: ActorDefinition
  readonly [types]?: { readonly state: S; readonly calls: C; readonly casts: T }
}

type Typed<D extends ActorDefinition> = NonNullable<D[typeof types]>
export type ArgOf<D extends ActorDefinition> = D extends ActorDefinition<any, infer A, any, any> ? A : never
export type StateOf<D extends ActorDefinition> = D extends ActorDefinition<infer S, any, any, any> ? S : never
export type CallsOf<D extends ActorDefinition> = Typed<D>['calls']
export type CastsOf<D extends ActorDefinition> = Typed<D>['casts']
export type CallInput<D extends ActorDefinition, K extends keyof CallsOf<D>> = InputOf<CallsOf<D>[K]>
export type CastInput<D extends ActorDefinition, K extends keyof CastsOf<D>> = InputOf<CastsOf<D>[K]>
export type CallReply<D extends ActorDefinition, K extends keyof CallsOf<D>> = CallsOf<D>[K] extends {
  readonly run: (...given: any) => infer R
}
  ? Awaited<R> extends readonly [any, infer Answer, ...any]
    ? Answer
    : never
  : never

/** What a sender gives: the input side of the schema, else what the handler takes; nothing where it takes only the state. */
type InputOf<H> = H extends { readonly input: StandardSchemaV1<infer I, any> }
  ? I
  : H extends { readonly run: (...given: infer P) => any }
    ? P extends readonly [any, infer I, ...any]
      ? I
      : void
    : never

/**
 * Defines a kind of actor. `module` is `import.meta.url`, since code is never sent: another thread or node loads it.
 *
 * @example
 * const Counter = defineActor(import.meta.url, {
 *   name: 'counter', version: 1,
 *   init: (start: number) => ({ n: start }),
 *   calls: { add: { input: z.number(), run: (s, by) => [{ n: s.n + by }, s.n + by] } },
 *   casts: { reset: { run: () => ({ n: 0 }) } },
 * })
 */
export function defineActor<
  S,
  A = void,
  CI = Empty,
  TI = Empty,
  C extends Handlers = Empty,
  T extends Handlers = Empty,
>(module: string, spec: ActorSpec<S, A, CI, TI, C, T>): ActorDefinition<S, A, C, T> {
  checkOptions('defineActor', spec, {
    name: rule.string(),
    version: rule.int(1),
    init: rule.fn(),
    calls: rule.optional(rule.object()),
    casts: rule.optional(rule.object()),
    down: rule.optional(rule.fn()),
    exit: rule.optional(rule.fn()),
    stop: rule.optional(rule.fn()),
    save: rule.optional(rule.fn()),
    load: rule.optional(rule.fn()),
    mailboxCapacity: rule.optional(rule.int(1)),
    overflow: rule.optional(rule.oneOf(overflows)),
    waitersMax: rule.optional(rule.int(0)),
    isolation: rule.optional(rule.oneOf(isolations)),
  })
  if ((spec.save === undefined) !== (spec.load === undefined)) {
    const [given, missing] = spec.save === undefined ? ['load', 'save'] : ['save', 'load']
    throw invalidOption('defineActor', missing, `a function, since ${given} is given`, undefined)
  }
  return {
    module,
    name: spec.name,
    version: spec.version,
    init: spec.init,
    calls: handlerTable(`${spec.name}.calls`, spec.calls ?? {}),
    casts: handlerTable(`${spec.name}.casts`, spec.casts ?? {}),
    down: newsHandler('down', spec.down),
    exit: newsHandler('exit', spec.exit),
    stop: spec.stop,
    save: spec.save,
    load: spec.load,
    mailboxCapacity: spec.mailboxCapacity,
    overflow: spec.overflow,
    waitersMax: spec.waitersMax,
    isolation: spec.isolation ?? 'none',
  }
}

/** Throws `foundation/invalid-option` for what `defineActor` did not give. */
export function checkDefinition(owner: string, definition: unknown): asserts definition is ActorDefinition {
  const { calls, init } = (definition ?? {}) as Partial<ActorDefinition>
  if (calls instanceof Map && typeof init === 'function') return
  throw invalidOption(owner, 'definition', 'what defineActor gives', definition)
}

function newsHandler(name: string, run: unknown): Handler | undefined {
  if (run === undefined) return undefined
  return { name, input: undefined, run: run as Handler['run'], async: isAsync(run), lasting: true }
}

function handlerTable(owner: string, handlers: object): ReadonlyMap<string, Handler> {
  const table = new Map<string, Handler>()
  for (const [name, handler] of Object.entries(handlers) as [string, { run: Handler['run']; input?: never }][]) {
    checkOptions(`${owner}.${name}`, handler, { input: rule.optional(rule.any()), run: rule.fn() })
    const { input, run } = handler
    table.set(name, { name, input, run, async: isAsync(run), lasting: false })
  }
  return table
}

function isAsync(run: unknown): boolean {
  return (run as object).constructor.name === 'AsyncFunction'
}
