/**
 * The thread of a pulse: two connections of its own, on different servers where there are several. It goes on while the program's
 * thread is busy, and ends with the process. It loads the client and nothing of ours, to stay small.
 */

import { parentPort, workerData } from 'node:worker_threads'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { connectionOptions } from '../connection/connection-options.ts'
import { serverChoice } from '../connection/server-choice.ts'
import { Beating, type SetTimer } from './beating.ts'
import type { FromPulse, PulseBirth, ToPulse } from './pulse-message.ts'

const { label, servers: knownAtBirth, settings } = workerData as PulseBirth

/** The thread's own clock: it is there to be told from the program's. */
const setTimer: SetTimer = (delayMs, run) => {
  const timer = setTimeout(run, delayMs)
  return () => clearTimeout(timer)
}

class PulseThread {
  readonly #connections: NatsConnection[] = []
  /** Those that are asked for, and beat once there are connections. */
  readonly #beating = new Map<number, Beating | undefined>()
  readonly #opening: Promise<void>
  #servers = knownAtBirth

  constructor() {
    this.#opening = this.#open()
  }

  async onMessage(message: ToPulse): Promise<void> {
    switch (message.type) {
      case 'pulse-begin': {
        this.#beating.set(message.id, undefined)
        await this.#opening
        // Whoever asked may have given it up meanwhile: nobody must take it for alive.
        if (!this.#beating.has(message.id)) return
        const one = new Beating(this.#connections, message.options, setTimer)
        this.#beating.set(message.id, one)
        await one.known()
        return say({ type: 'pulse-begun', id: message.id })
      }
      case 'pulse-end': {
        const one = this.#beating.get(message.id)
        this.#beating.delete(message.id)
        await one?.end()
        return say({ type: 'pulse-ended', id: message.id })
      }
      case 'servers-known':
        this.#servers = message.servers
        for (const one of this.#connections) {
          const told = one.info?.connect_urls ?? []
          if (!one.isClosed()) one.setServers([...new Set([...message.servers, ...told])])
        }
    }
  }

  /** Tries for ever: the engine is connected, so there are servers. */
  async #open(): Promise<void> {
    while (this.#connections.length < 2) {
      try {
        this.#connections.push(await this.#connect())
      } catch (thrown) {
        say({ type: 'connection-failed', message: thrown instanceof Error ? thrown.message : String(thrown) })
        await new Promise<void>((resolve) => setTimer(settings.reconnectMs, resolve))
      }
    }
  }

  async #connect(): Promise<NatsConnection> {
    const [first] = this.#connections
    let own: NatsConnection | undefined
    let tries = 0
    // Whichever of the two it is, the other is where it does not go.
    const other = () => (own === first ? this.#connections[1] : first)?.getServer()
    own = await connect(
      connectionOptions(settings, {
        label: `${label} pulse`,
        servers: this.#servers,
        random: Math.random,
        choose: (pool) => {
          const facts = { other: other(), tries: tries++, waitMs: settings.reconnectMs, nowMs: Date.now() }
          const chosen = serverChoice(pool, facts)
          return chosen === undefined ? null : { server: chosen.server, delay: chosen.delayMs }
        },
      }),
    )
    return own
  }
}

function say(message: FromPulse): void {
  parentPort?.postMessage(message)
}

const thread = new PulseThread()
parentPort?.on('message', (message: ToPulse) => void thread.onMessage(message))
