/**
 * Keeps the two connections of a node on different servers: after servers came and went both may be at one, whose death would
 * silence the node for a moment. Looked at now and then; where there is no other server it is looked at ever more seldom. Loaded by the
 * pulse's thread too.
 */

import type { Clock } from '@mabeam/foundation'
import type { NatsConnection } from '@nats-io/transport-node'

/** A connection as it is looked at here: a `Link`. */
export interface SpreadLink {
  readonly serverId: string | undefined
  readonly connection: Pick<NatsConnection, 'getServers'>
  move(): void
}

const spreadLookMs = 5_000
const lookMaxMs = 300_000

export class LinkSpread {
  readonly #clock: Pick<Clock, 'setTimer'>
  readonly #links: { readonly control: SpreadLink; readonly data: SpreadLink }
  readonly #lookMs: number
  #cancel = () => {}
  #everyMs: number

  /** The one for control is moved. */
  constructor(
    clock: Pick<Clock, 'setTimer'>,
    links: { readonly control: SpreadLink; readonly data: SpreadLink },
    lookMs = spreadLookMs,
  ) {
    this.#clock = clock
    this.#links = links
    this.#lookMs = lookMs
    this.#everyMs = lookMs
    this.#plan()
  }

  end(): void {
    this.#cancel()
  }

  #plan(): void {
    this.#cancel = this.#clock.setTimer(this.#everyMs, () => this.#look(), { unref: true })
  }

  #look(): void {
    const { control, data } = this.#links
    const { serverId } = control
    if (serverId !== undefined && serverId === data.serverId && control.connection.getServers().length > 1) {
      this.#everyMs = Math.min(lookMaxMs, this.#everyMs * 2)
      control.move()
    } else {
      this.#everyMs = this.#lookMs
    }
    this.#plan()
  }
}
