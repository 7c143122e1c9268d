/** An engine on NATS: two connections, messages over them, signs of life beside them, and the stores that the server keeps. */

import {
  type BlobStore,
  checkPulse,
  type DurableQueue,
  type Engine,
  type EngineMessage,
  type EnginePort,
  type EngineStatus,
  engineClosed,
  engineUnavailable,
  isMabeamError,
  type KeyedState,
  type MabeamError,
  messageOf,
  type PulseOptions,
  payloadTooLarge,
  type QueueOptions,
  type RequestOptions,
  type StateOptions,
  StatusListeners,
  type StoreName,
  type SubscribeOptions,
  type Subscription,
} from '@mabeam/foundation'
import type { Link, LinkRole } from './connection/link.ts'
import { NatsMessages } from './messages/messages.ts'
import type { NatsSettings } from './nats-options.ts'
import type { NatsAccess, NatsPort } from './nats-port.ts'
import type { Pulses } from './pulse/pulses.ts'
import type { Reporter } from './reporter.ts'
import type { NatsStores } from './stores/nats-stores.ts'
import { openStores } from './stores/stores.ts'
import { withinTime } from './within-time.ts'

/** What an engine is made of once it is connected. */
export interface OpenedNats extends Reporter {
  readonly port: EnginePort
  readonly settings: NatsSettings
  readonly links: { readonly [R in LinkRole]: Link }
  readonly replicas: number
  readonly pulses: Pulses
  /** Ends what else was opened with it. */
  end(): Promise<void>
}

/** The server keeps some of the payload for headers. */
const headerBytes = 1_024

export class NatsEngine implements Engine {
  readonly name = 'nats'
  readonly #opened: OpenedNats
  readonly #messages: NatsMessages
  readonly #stores: NatsStores
  readonly #statuses = new StatusListeners((thrown, status) =>
    this.#opened.report('listener-failed', { status, message: messageOf(thrown) }),
  )
  readonly #closing = new AbortController()
  readonly #onReconnect = new Set<() => void>()
  #isClosing = false
  #ended: Promise<void> | undefined
  #disconnectedAtMs = 0

  constructor(opened: OpenedNats) {
    this.#opened = opened
    const { settings, links, port, report } = opened
    const checkOpen = () => this.#checkOpen()
    const checkSize = (label: string, body: Uint8Array) => this.#checkSize(label, body)
    const { signal: closing } = this.#closing
    this.#messages = new NatsMessages({
      clock: port.clock,
      links,
      limits: settings,
      closing,
      checkOpen,
      checkSize,
      report,
    })
    this.#stores = openStores(this.#storesPort())
    for (const link of [links.control, links.data]) link.onChange((one) => this.#onLink(one))
    // It may have been lost since it was opened.
    if (!links.data.up) this.#onLink(links.data)
  }

  /** The connection for data, of `@nats-io/transport-node`. */
  get native(): unknown {
    return this.#opened.links.data.connection
  }

  get status(): EngineStatus {
    return this.#statuses.status
  }

  onStatus(listener: (status: EngineStatus) => void): () => void {
    return this.#statuses.add(listener)
  }

  publish(subject: string, body: Uint8Array): void {
    this.#messages.publish(subject, body)
  }

  subscribe(
    subject: string,
    onMessage: (message: EngineMessage) => void,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    return this.#messages.subscribe(subject, onMessage, options)
  }

  request(subject: string, body: Uint8Array, options: RequestOptions = {}): Promise<Uint8Array> {
    return this.#messages.request(subject, body, options)
  }

  async state(name: string, options: StateOptions = {}): Promise<KeyedState> {
    this.#checkOpen()
    return await this.#stores.state(name, options)
  }

  async queue(name: string, options: QueueOptions = {}): Promise<DurableQueue> {
    this.#checkOpen()
    return await this.#stores.queue(name, options)
  }

  async blobs(name: string): Promise<BlobStore> {
    this.#checkOpen()
    return await this.#stores.blobs(name)
  }

  async stores(): Promise<readonly StoreName[]> {
    this.#checkOpen()
    return await this.#stores.stores()
  }

  async removeStore(store: StoreName): Promise<void> {
    this.#checkOpen()
    await this.#stores.removeStore(store)
  }

  async pulse(options: PulseOptions): Promise<AsyncDisposable> {
    this.#checkOpen()
    checkPulse(options)
    const { beats, probes, everyMs } = options
    return await this.#opened.pulses.begin({ beats, probes, everyMs })
  }

  close(): Promise<void> {
    this.#ended ??= this.#close()
    return this.#ended
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const { links, pulses, end } = this.#opened
    this.#isClosing = true
    this.#closing.abort(engineClosed(this.name))
    await Promise.all([this.#stores.close(), pulses.close()])
    await this.#messages.close(() => this.#flushed())
    await Promise.all([links.control.close(), links.data.close(), end()])
    this.#statuses.set('closed')
  }

  /** Resolves when the servers have what was published, and we what they had for us; not later than is allowed. */
  async #flushed(): Promise<void> {
    const { links, port, settings } = this.#opened
    const one = (link: Link) => (link.up ? link.connection.flush().catch(() => {}) : Promise.resolve())
    // The second round brings over one connection what was published over the other.
    const twice = async () => {
      for (let round = 0; round < 2; round++) await Promise.all([one(links.data), one(links.control)])
    }
    await withinTime({ clock: port.clock, timeoutMs: settings.closeTimeoutMs }, twice()).catch(() => {})
  }

  #onLink(link: Link): void {
    this.#messages.onChange()
    const { links, port } = this.#opened
    const isUp = links.control.up || links.data.up
    if (!isUp && this.#statuses.status === 'connected') {
      this.#disconnectedAtMs = port.clock.monotonicMs()
      this.#opened.report('engine-disconnected', {})
      this.#statuses.set('disconnected')
    } else if (isUp && this.#statuses.status === 'disconnected') {
      const downMs = port.clock.monotonicMs() - this.#disconnectedAtMs
      this.#opened.report('engine-connected', {}, { downMs })
      this.#statuses.set('connected')
    }
    if (link.up) for (const told of [...this.#onReconnect]) told()
  }

  #checkOpen(): void {
    // Asked for each message: a signal takes longer to say so.
    if (this.#isClosing) throw engineClosed(this.name)
  }

  #bytesMax(): number {
    const { control, data } = this.#opened.links
    return Math.min(control.payloadMax, data.payloadMax) - headerBytes
  }

  #checkSize(label: string, body: Uint8Array): void {
    const bytesMax = this.#bytesMax()
    if (body.length > bytesMax) throw payloadTooLarge(label, bytesMax, body.length)
  }

  #access(): NatsAccess {
    this.#checkOpen()
    const { control, data } = this.#opened.links
    if (data.up) return data.access
    if (control.up) return control.access
    throw engineUnavailable(this.name, 'no server was connected')
  }

  #otherAccess(used: NatsAccess): NatsAccess | undefined {
    const { control, data } = this.#opened.links
    const [own, other] = used === data.access ? [data, control] : [control, data]
    return other.up && other.serverId !== own.serverId ? other.access : undefined
  }

  #failure(thrown: unknown, doing: string): MabeamError {
    if (isMabeamError(thrown)) return thrown
    return this.#isClosing ? engineClosed(this.name) : engineUnavailable(this.name, doing, thrown)
  }

  #storesPort(): NatsPort {
    const { port, settings, replicas, report } = this.#opened
    return {
      name: this.name,
      clock: port.clock,
      random: port.random,
      limits: settings,
      replicas,
      requestTimeoutMs: settings.requestTimeoutMs,
      closing: this.#closing.signal,
      bytesMax: () => this.#bytesMax(),
      access: () => this.#access(),
      otherAccess: (used) => this.#otherAccess(used),
      onReconnect: (listener) => {
        this.#onReconnect.add(listener)
        return () => void this.#onReconnect.delete(listener)
      },
      checkOpen: () => this.#checkOpen(),
      checkSize: (label, body) => this.#checkSize(label, body),
      failure: (thrown, doing) => this.#failure(thrown, doing),
      report,
    }
  }
}
