/** What handlers are given besides state and message; parts are made when first asked for. */

import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import type { ActorContext } from './actor.ts'
import type { ActorReference } from './actor-address.ts'
import type { Message } from './call-message.ts'

interface ContextHost<C> {
  readonly clock: Clock
  readonly random: Random
  reference(actor: C): ActorReference
}

interface ContextActor {
  readonly settings: { readonly id: number }
  /** The message under way. */
  readonly work: Message | undefined
}

export class HandlerContext<C extends ContextActor = ContextActor> implements ActorContext {
  readonly #host: ContextHost<C>
  readonly #actor: C
  #random: Random | undefined
  #abort: AbortController | undefined
  #ended: (() => Error) | undefined

  constructor(host: ContextHost<C>, actor: C) {
    this.#host = host
    this.#actor = actor
  }

  get self(): ActorReference {
    return this.#host.reference(this.#actor)
  }

  get clock(): Clock {
    return this.#host.clock
  }

  get random(): Random {
    this.#random ??= this.#host.random.fork(this.#actor.settings.id)
    return this.#random
  }

  get signal(): AbortSignal {
    return this.#actor.work?.extras?.handlerSignal ?? this.#actorSignal()
  }

  end(reason: () => Error): void {
    this.#ended = reason
    this.#abort?.abort(reason())
  }

  #actorSignal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#ended !== undefined) this.#abort.abort(this.#ended())
    }
    return this.#abort.signal
  }
}
