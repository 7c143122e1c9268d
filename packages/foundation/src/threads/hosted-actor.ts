/** An actor inside its thread: the state, and what its handlers are given. The node sends it one message at a time. */

import type { ActorContext, ActorDefinition } from '../actors/actor.ts'
import type { ActorReference } from '../actors/actor-address.ts'
import { systemClock } from '../clock.ts'
import { type Random, seededRandom } from '../random.ts'
import type { HandlerKind } from './thread-protocol.ts'

/** One request under way. */
export class HostedWork {
  readonly request: number
  readonly #abort = new AbortController()

  constructor(request: number) {
    this.request = request
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Its caller gave up, or the actor is no more. */
  end(reason: unknown): void {
    this.#abort.abort(reason)
  }

  /** Whether this is how a handler ends that was told that nobody waits for it any more. */
  endedBy(thrown: unknown): boolean {
    const { signal } = this
    if (!signal.aborted) return false
    return thrown === signal.reason || (thrown instanceof Error && thrown.cause === signal.reason)
  }
}

export class HostedActor implements ActorContext {
  readonly id: number
  readonly definition: ActorDefinition
  readonly self: ActorReference
  readonly clock = systemClock
  readonly random: Random
  readonly fence: number | undefined
  state: unknown
  /** The call under way, which may be given up. */
  work: HostedWork | undefined
  readonly #abort = new AbortController()

  constructor(
    id: number,
    definition: ActorDefinition,
    given: { readonly self: ActorReference; readonly seed: string; readonly fence: number | undefined },
  ) {
    this.id = id
    this.definition = definition
    this.self = given.self
    this.random = seededRandom(given.seed)
    this.fence = given.fence
  }

  get signal(): AbortSignal {
    return this.work?.signal ?? this.#abort.signal
  }

  /** By `init`, or by `load` with what another has saved. */
  begin(input: unknown, loads: boolean): unknown {
    if (!loads) return this.definition.init(input, this)
    const [saved, arg] = input as [unknown, unknown]
    return this.definition.load?.(saved, arg, this)
  }

  run(kind: HandlerKind, name: string, input: unknown): unknown {
    const { calls, casts, down, exit, stop, save } = this.definition
    switch (kind) {
      case 'call':
        return calls.get(name)?.run(this.state, input, this)
      case 'cast':
        return casts.get(name)?.run(this.state, input, this)
      case 'down':
        return down?.run(this.state, input, this)
      case 'exit':
        return exit?.run(this.state, input, this)
      case 'stop':
        return stop?.(this.state, input as never, this)
      case 'save':
        return save?.(this.state)
    }
  }

  end(reason: unknown): void {
    this.work?.end(reason)
    this.#abort.abort(reason)
  }
}
