/**
 * The two connections that a pulse goes out over: on different servers where there are several, so that no single one silences the
 * node, whether it dies or hangs. Loaded by the pulse's thread, so it imports nothing of ours but what does the same.
 */

import { connect, type NatsConnection } from '@nats-io/transport-node'
import { dropSocket } from '../connection/client-socket.ts'
import { type ConnectionSettings, connectionOptions } from '../connection/connection-options.ts'
import { LinkChoice } from '../connection/link-choice.ts'
import { LinkSpread, type SpreadLink } from '../connection/link-spread.ts'
import type { SetTimer } from './beating.ts'

export interface PulseConnectionsPort {
  readonly label: string
  readonly settings: ConnectionSettings
  readonly setTimer: SetTimer
  /** From 0 to 1, anew each time. */
  random(): number
  /** Of the machine's clock. */
  nowMs(): number
  /** A server that was tried did not take the connection. */
  onFailure(thrown: unknown): void
}

/** A move costs nothing here, since the other connection beats on: looked at more often than the node's own two. */
const lookMs = 1_000

/** One of the two. */
class PulseConnection implements SpreadLink {
  readonly connection: NatsConnection
  readonly choice: LinkChoice
  #isUp = true

  constructor(connection: NatsConnection, choice: LinkChoice) {
    this.connection = connection
    this.choice = choice
    choice.tries = 0
    void this.#follow()
  }

  get server(): string | undefined {
    return this.#isUp ? this.connection.getServer() : undefined
  }

  get serverId(): string | undefined {
    return this.#isUp ? this.connection.info?.server_id : undefined
  }

  move(): void {
    // One that was closed meanwhile goes nowhere.
    void this.connection.reconnect().catch(() => {})
  }

  async #follow(): Promise<void> {
    for await (const { type } of this.connection.status()) {
      if (type === 'disconnect') this.#isUp = false
      // No answer to its pings, so that nothing that is still to be written will be read.
      else if (type === 'staleConnection') dropSocket(this.connection)
      // The server is about to stop.
      else if (type === 'ldm') this.move()
      else if (type === 'reconnect') {
        this.#isUp = true
        this.choice.tries = 0
      }
    }
    this.#isUp = false
  }
}

export class PulseConnections {
  readonly #port: PulseConnectionsPort
  readonly #opened: PulseConnection[] = []
  #servers: readonly string[]

  constructor(port: PulseConnectionsPort, servers: readonly string[]) {
    this.#port = port
    this.#servers = servers
  }

  /** Resolves with both, once. Tries for ever: the engine is connected, so there are servers. */
  async open(): Promise<readonly NatsConnection[]> {
    const first = await this.#open(undefined)
    const second = await this.#open(first)
    // Wherever one of them goes from now on, it is where the other is not.
    first.choice.other = second
    new LinkSpread(this.#port, { control: second, data: first }, lookMs)
    return [first.connection, second.connection]
  }

  /** Other servers are known. What the servers tell of each other is kept beside. */
  know(servers: readonly string[]): void {
    this.#servers = servers
    for (const { connection } of this.#opened) {
      const told = connection.info?.connect_urls ?? []
      if (!connection.isClosed()) connection.setServers([...new Set([...servers, ...told])])
    }
  }

  async #open(other: PulseConnection | undefined): Promise<PulseConnection> {
    const { settings, setTimer, nowMs, onFailure } = this.#port
    const choice = new LinkChoice({ clock: { nowMs }, waitMs: settings.reconnectMs }, other)
    for (;;) {
      try {
        const one = new PulseConnection(await this.#connect(choice), choice)
        this.#opened.push(one)
        return one
      } catch (thrown) {
        onFailure(thrown)
        await new Promise<void>((resolve) => setTimer(settings.reconnectMs, resolve))
      }
    }
  }

  #connect({ choose }: LinkChoice): Promise<NatsConnection> {
    const { label, settings, random } = this.#port
    const identity = { label: `${label} pulse`, servers: this.#servers, random, choose }
    return connect(connectionOptions(settings, identity))
  }
}
