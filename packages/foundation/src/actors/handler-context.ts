/** What handlers are given besides state and message. It holds nothing: parts are the actor's, made when first asked for. */

import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import type { ActorContext } from './actor.ts'
import type { ActorReference } from './actor-address.ts'
import type { Message } from './call-message.ts'

interface ContextHost<C> {
  readonly clock: Clock
  reference(actor: C): ActorReference
}

interface ContextActor {
  /** The message under way. */
  readonly work: Message | undefined
  readonly random: Random
  /** Aborts when the actor ends. */
  readonly signal: AbortSignal
  readonly settings: { readonly fence: number | undefined }
}

export class HandlerContext<C extends ContextActor = ContextActor> implements ActorContext {
  readonly #host: ContextHost<C>
  readonly #actor: C

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
    return this.#actor.random
  }

  get fence(): number | undefined {
    return this.#actor.settings.fence
  }

  get signal(): AbortSignal {
    return this.#actor.work?.extras?.handlerSignal ?? this.#actor.signal
  }
}
