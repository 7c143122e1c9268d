/**
 * One sign of life: beats over every connection, so that the loss of one is no silence, and answers to probes on each. Loaded by the
 * pulse's thread too, so it imports nothing of ours.
 */

import type { NatsConnection, Subscription } from '@nats-io/transport-node'

/** As `PulseOptions` of the engine. */
export interface BeatOptions {
  readonly beats: string
  readonly probes: string
  readonly everyMs: number
}

/** Of a clock: runs something later, and gives what cancels it. */
export type SetTimer = (delayMs: number, run: () => void) => () => void

const empty = new Uint8Array(0)

export class Beating {
  readonly #connections: readonly NatsConnection[]
  readonly #options: BeatOptions
  readonly #setTimer: SetTimer
  readonly #answering: Subscription[]
  #cancel = () => {}

  /** Begins at once. */
  constructor(connections: readonly NatsConnection[], options: BeatOptions, setTimer: SetTimer) {
    this.#connections = connections
    this.#options = options
    this.#setTimer = setTimer
    const callback = (error: Error | null, message: { respond(body: Uint8Array): boolean }) => {
      if (error === null) message.respond(empty)
    }
    this.#answering = connections.map((one) => one.subscribe(options.probes, { callback }))
    this.#beat()
  }

  /** Resolves when a server knows that probes are answered, whichever is the first; at once when none is connected. */
  async known(): Promise<void> {
    await Promise.any(this.#connections.map((one) => one.flush())).catch(() => {})
  }

  /** Resolves when the servers know that nobody answers any more. */
  async end(): Promise<void> {
    this.#cancel()
    for (const one of this.#answering) if (!one.isClosed()) one.unsubscribe()
    await Promise.allSettled(this.#connections.map((one) => one.flush()))
  }

  #beat(): void {
    const { beats, everyMs } = this.#options
    this.#cancel = this.#setTimer(everyMs, () => this.#beat())
    for (const one of this.#connections) {
      // A connection that is lost keeps nothing: silence is what there is to say.
      if (!one.isClosed()) one.publish(beats, empty)
    }
  }
}
