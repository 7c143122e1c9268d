/** An agent as a user writes it: an actor whose calls are the requests it answers. */

import {
  type ActorContext,
  type ActorDefinition,
  type ActorSpec,
  checkOptions,
  defineActor,
  type Reply,
  rule,
} from '@mabeam/foundation'
import { type AgentRequest, agentRequests, type RequestAnswer, type RequestInput } from './agent-request.ts'

/** Gives the next state and the answer; effects where it has any. */
export type RequestHandler<S, R extends AgentRequest> = (
  state: S,
  question: RequestInput<R>,
  context: ActorContext,
) => Reply<S, RequestAnswer<R>> | Promise<Reply<S, RequestAnswer<R>>>

/** The requests an agent takes part in. */
export type RequestHandlers<S> = { readonly [R in AgentRequest]?: RequestHandler<S, R> }

// biome-ignore lint/complexity/noBannedTypes: what defineActor infers from, with nothing given.
type Nothing = {}
type Handlers = { readonly [name: string]: { readonly input?: unknown; readonly run: unknown } }

/** What `defineAgent` is given: what `defineActor` takes, and `requests`. */
export interface AgentSpec<S, A, CI, TI, C extends Handlers, T extends Handlers> extends ActorSpec<S, A, CI, TI, C, T> {
  readonly requests: RequestHandlers<S>
}

/** The calls that requests become. */
export type RequestCalls<S> = {
  readonly [R in AgentRequest]: {
    readonly input: (typeof agentRequests)[R]['input']
    readonly run: RequestHandler<S, R>
  }
}

/**
 * Defines an agent. Its requests are calls of the same names, with the schemas of `agentRequests` for their inputs; any actor
 * that has such calls is an agent as well.
 *
 * Throws `foundation/invalid-option` and `foundation/unknown-name` for what is no request.
 *
 * @example
 * const Cautious = defineAgent(import.meta.url, {
 *   name: 'cautious', version: 1,
 *   init: (asked: number) => ({ asked }),
 *   requests: { vote: ({ asked }, { options }) => [{ asked: asked + 1 }, { option: options.at(-1) ?? null }] },
 * })
 */
export function defineAgent<
  S,
  A = void,
  CI = Nothing,
  TI = Nothing,
  C extends Handlers = Nothing,
  T extends Handlers = Nothing,
>(module: string, spec: AgentSpec<S, A, CI, TI, C, T>): ActorDefinition<S, A, RequestCalls<S> & C, T> {
  const { requests, ...actor } = spec
  const known = Object.entries(agentRequests)
  checkOptions(
    `defineAgent ${actor.name}: requests`,
    requests,
    Object.fromEntries(known.map(([name]) => [name, rule.optional(rule.fn())])),
  )
  const asked = known.flatMap(([name, { input }]) => {
    const run = requests[name as AgentRequest]
    return run === undefined ? [] : [[name, { input, run }]]
  })
  const calls = { ...actor.calls, ...Object.fromEntries(asked) }
  const defined: ActorDefinition<S, A, unknown, T> = defineActor(module, { ...actor, calls } as ActorSpec<
    S,
    A,
    unknown,
    TI,
    never,
    T
  >)
  return defined as ActorDefinition<S, A, RequestCalls<S> & C, T>
}
