/** Signs of life by the program's own thread and connections: while it is busy it is silent. */

import type { Clock, PulseOptions } from '@mabeam/foundation'
import type { NatsConnection } from '@nats-io/transport-node'
import { withinTime } from '../within-time.ts'
import { Beating } from './beating.ts'
import type { Pulses } from './pulses.ts'

export interface InlinePort {
  readonly clock: Clock
  readonly connections: readonly NatsConnection[]
  readonly requestTimeoutMs: number
  readonly closeTimeoutMs: number
}

export class InlinePulses implements Pulses {
  readonly #port: InlinePort
  readonly #beating = new Set<Beating>()

  constructor(port: InlinePort) {
    this.#port = port
  }

  async begin(options: PulseOptions): Promise<AsyncDisposable> {
    const { clock, connections, requestTimeoutMs } = this.#port
    const one = new Beating(connections, options, (delayMs, run) => clock.setTimer(delayMs, run, { unref: true }))
    this.#beating.add(one)
    await this.#within(requestTimeoutMs, one.known())
    return { [Symbol.asyncDispose]: () => this.#end(one, requestTimeoutMs) }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#beating].map((one) => this.#end(one, this.#port.closeTimeoutMs)))
  }

  async #end(one: Beating, timeoutMs: number): Promise<void> {
    if (this.#beating.delete(one)) await this.#within(timeoutMs, one.end())
  }

  /** A server that says nothing holds nobody up. */
  async #within(timeoutMs: number, work: Promise<void>): Promise<void> {
    await withinTime({ clock: this.#port.clock, timeoutMs }, work).catch(() => {})
  }
}
