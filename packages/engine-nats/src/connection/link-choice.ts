/** Chooses servers for one connection, and knows how often it has since it was lost. Loaded by the pulse's thread too. */

import type { Clock } from '@mabeam/foundation'
import type { ReconnectToServerHandler } from '@nats-io/transport-node'
import { serverChoice } from './server-choice.ts'

export interface LinkChoicePort {
  readonly clock: Pick<Clock, 'nowMs'>
  /** Between two tries at one server. */
  readonly waitMs: number
}

export class LinkChoice {
  /** The node's other connection: where it is, this one had better not go. */
  other: { readonly server: string | undefined } | undefined
  tries = 0
  readonly #port: LinkChoicePort

  constructor(port: LinkChoicePort, other: LinkChoice['other']) {
    this.#port = port
    this.other = other
  }

  /** As the client asks for it, before each try. */
  readonly choose: ReconnectToServerHandler = (pool) => {
    const { clock, waitMs } = this.#port
    const facts = { other: this.other?.server, tries: this.tries++, waitMs, nowMs: clock.nowMs() }
    const chosen = serverChoice(pool, facts)
    return chosen === undefined ? null : { server: chosen.server, delay: chosen.delayMs }
  }
}
