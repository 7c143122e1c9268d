/** One of a node's two connections: where it is, whether it is up, and what is told of it. It reconnects for ever. */

import type { Clock, Random } from '@mabeam/foundation'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection, PermissionViolationError, type Status } from '@nats-io/transport-node'
import { RequestInbox } from '../messages/request-inbox.ts'
import type { NatsAccess } from '../nats-port.ts'
import type { Reporter } from '../reporter.ts'
import { withinTime } from '../within-time.ts'
import { dropSocket } from './client-socket.ts'
import { type ConnectionSettings, connectionOptions } from './connection-options.ts'
import { LinkChoice } from './link-choice.ts'

/** `control`: signs of life, membership, agreement. `data`: the rest. */
export type LinkRole = 'control' | 'data'

export interface LinkPort extends Reporter {
  /** Of the node, for the server's monitoring. */
  readonly label: string
  readonly clock: Clock
  readonly random: Random
  readonly settings: ConnectionSettings
  readonly requestTimeoutMs: number
}

/** How long a server that is left has to take what was sent to it. */
const moveMaxMs = 1_000

/** Called when it is up or down, with the new state already there. */
type LinkListener = (link: Link) => void

export class Link {
  readonly role: LinkRole
  readonly connection: NatsConnection
  readonly access: NatsAccess
  readonly inbox: RequestInbox
  up = true
  /** The longest message the server takes, of the last server that said so. */
  payloadMax: number
  readonly #port: LinkPort
  readonly #choice: LinkChoice
  #listeners: LinkListener[] = []
  readonly #waiting = new Set<() => void>()
  /** Addresses that servers have told of each other, lately. */
  #told: readonly string[]
  #downAtMs = 0
  /** The client has lost it; it may be down without that, while it moves. */
  #isLost = false
  #moving = false
  readonly #closing = new AbortController()

  private constructor(role: LinkRole, port: LinkPort, opened: OpenedLink) {
    this.role = role
    this.connection = opened.connection
    this.access = opened.access
    this.payloadMax = opened.connection.info?.max_payload ?? 1_048_576
    this.#told = opened.connection.info?.connect_urls ?? []
    this.inbox = new RequestInbox(opened.connection, port.settings.inboxPrefix)
    this.#port = port
    this.#choice = opened.choice
    void this.#follow()
  }

  /** Rejects with what the client says when no server takes it. `other` is the node's other connection, once there is one. */
  static async open(role: LinkRole, port: LinkPort, found: LinkTarget): Promise<Link> {
    const choice = new LinkChoice({ clock: port.clock, waitMs: port.settings.reconnectMs }, found.other)
    const { settings, random } = port
    const label = `${port.label} ${role}`
    const identity = { label, servers: found.servers, random: () => random.next(), choose: choice.choose }
    const connection = await connect(connectionOptions(settings, identity))
    const options = { timeout: port.requestTimeoutMs }
    const manager = await jetstreamManager(connection, { ...options, checkAPI: false })
    return new Link(role, port, {
      connection,
      choice,
      access: { connection, client: jetstream(connection, options), manager },
    })
  }

  /** Where it is, undefined while it is nowhere. */
  get server(): string | undefined {
    return this.up ? this.connection.getServer() : undefined
  }

  /** The id of the server it is at, which is the same whatever address it was reached by. */
  get serverId(): string | undefined {
    return this.up ? this.connection.info?.server_id : undefined
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted
  }

  onChange(listener: LinkListener): void {
    this.#listeners.push(listener)
  }

  /** Resolves when it is up; rejects with `signal.reason`. */
  whenUp(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      if (this.up) return resolve()
      const leave = () => {
        this.#waiting.delete(onUp)
        signal.removeEventListener('abort', onAbort)
      }
      const onUp = () => {
        leave()
        resolve()
      }
      const onAbort = () => {
        leave()
        reject(signal.reason)
      }
      this.#waiting.add(onUp)
      signal.addEventListener('abort', onAbort)
    })
  }

  /** From now on `other` is where it is better not to go. */
  keepApart(other: Link): void {
    this.#choice.other = other
  }

  /** Addresses that are known now; what the servers tell of each other is kept beside. */
  know(servers: readonly string[]): void {
    if (this.#isClosed) return
    // While it is connected nowhere the client has forgotten what it was told.
    this.#told = this.connection.info?.connect_urls ?? this.#told
    this.connection.setServers([...new Set([...servers, ...this.#told])])
  }

  /** Goes to another server, where there is one, once this one has what was sent to it. */
  move(): void {
    if (!this.up || this.#moving || this.connection.getServers().length < 2) return
    this.#moving = true
    void this.#move().finally(() => {
      this.#moving = false
    })
  }

  /** What is sent from now on takes the other way, so that nothing is in the buffers when this one ends. */
  async #move(): Promise<void> {
    this.#onDown(this.connection.getServer())
    const isTaken = await this.#takes()
    // One that was lost meanwhile is on its way already.
    if (this.#isLost || this.up || this.#isClosed) return
    await this.connection.reconnect()
    if (!isTaken) dropSocket(this.connection)
  }

  /** Resolves once its server has taken what was sent over it, or when that can't be known: at once when it is lost, else after a second. */
  async taken(): Promise<void> {
    if (!this.#isLost && !this.#isClosed) await this.#takes()
  }

  /** Whether its server says in time that it has taken what was sent. */
  #takes(): Promise<boolean> {
    const limit = { clock: this.#port.clock, timeoutMs: moveMaxMs, signal: this.#closing.signal }
    return withinTime(limit, this.connection.flush()).then(
      () => true,
      () => false,
    )
  }

  /** Ends it at once; what is in its buffers is sent. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.up = false
    await this.connection.close()
  }

  async #follow(): Promise<void> {
    for await (const status of this.connection.status()) this.#onStatus(status)
    // The client ends only when it is told to; whatever else ends it, this is no way any more.
    if (!this.#isClosed) this.#onDown(this.connection.getServer())
  }

  #onStatus(status: Status): void {
    switch (status.type) {
      case 'disconnect':
        this.#isLost = true
        this.#onDown(status.server)
        break
      case 'staleConnection':
        // No answer to its pings, so that nothing that is still to be written will be read.
        dropSocket(this.connection)
        break
      case 'reconnect':
        this.#isLost = false
        this.#onUp()
        break
      case 'update':
        this.#onServers(status.added ?? [], status.deleted ?? [])
        break
      case 'ldm':
        // The server is about to stop, and says so to let us go in time.
        this.#port.report('server-leaving', { connection: this.role, server: status.server })
        this.move()
        break
      case 'error':
        this.#onError(status.error)
    }
  }

  #onServers(added: readonly string[], removed: readonly string[]): void {
    if (added.length + removed.length === 0) return
    const measurements = { added: added.length, removed: removed.length }
    this.#port.report('servers-changed', { connection: this.role, added, removed }, measurements)
  }

  #onError(error: Error): void {
    const { role: connection } = this
    if (error instanceof PermissionViolationError) {
      const { operation, subject } = error
      this.#port.report('permission-denied', { connection, operation, subject })
      if (operation === 'publish') this.inbox.refuse(error)
      return
    }
    this.#port.report('server-refused', { connection, server: this.connection.getServer(), message: error.message })
  }

  #onDown(server: string): void {
    if (!this.up || this.#isClosed) return
    this.up = false
    this.#downAtMs = this.#port.clock.monotonicMs()
    this.#port.report('connection-lost', { connection: this.role, server })
    for (const listener of this.#listeners) listener(this)
  }

  #onUp(): void {
    if (this.up || this.#isClosed) return
    this.up = true
    this.#choice.tries = 0
    this.payloadMax = this.connection.info?.max_payload ?? this.payloadMax
    const downMs = this.#port.clock.monotonicMs() - this.#downAtMs
    const server = this.connection.getServer()
    this.#port.report('connection-restored', { connection: this.role, server }, { downMs })
    for (const told of [...this.#waiting]) told()
    for (const listener of this.#listeners) listener(this)
  }
}

export interface LinkTarget {
  readonly servers: readonly string[]
  readonly other?: Link
}

interface OpenedLink {
  readonly connection: NatsConnection
  readonly access: NatsAccess
  readonly choice: LinkChoice
}
