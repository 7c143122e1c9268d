/** The engine `local` of one node: its way to the hub, the thread beside it, and the parts of the contract over both. */

import { readFile } from 'node:fs/promises'
import type { CancelTimer } from '../../../clock.ts'
import { engineClosed, engineUnavailable } from '../../../errors/engine-errors.ts'
import { hubUnresponsive } from '../../../errors/local-errors.ts'
import { type Json, messageOf } from '../../../errors.ts'
import { newLockToken } from '../../../journal/lock-file.ts'
import { Turns } from '../../../turns.ts'
import type { BlobStore } from '../../blob-store.ts'
import { isControlSubject } from '../../control-subject.ts'
import type { DurableQueue, QueueOptions } from '../../durable-queue.ts'
import type {
  Engine,
  EngineMessage,
  EnginePort,
  EngineStatus,
  PulseOptions,
  RequestOptions,
  StoreName,
  SubscribeOptions,
  Subscription,
} from '../../engine.ts'
import { checkStoreName } from '../../key.ts'
import type { KeyedState, StateOptions } from '../../keyed-state.ts'
import { StatusListeners } from '../../status-listeners.ts'
import { checkedQueue, checkedState } from '../../store-options.ts'
import { checkEngineSubject } from '../../subject.ts'
import { checkPulse } from '../../timer-pulse.ts'
import { memoryLimitDefaults } from '../memory/memory-port.ts'
import { HubLink } from './hub-link.ts'
import type { LinkHost } from './link-port.ts'
import { LocalBlobs } from './local-blobs.ts'
import { LocalMessages } from './local-messages.ts'
import type { LocalSettings } from './local-options.ts'
import { LocalQueue } from './local-queue.ts'
import { LocalState, type LocalStatePort, LocalWatches } from './local-state.ts'
import { LocalThread, type StartThread } from './local-thread.ts'
import type { Rendezvous } from './rendezvous.ts'
import type { Welcome } from './wire-protocol.ts'

/** How long a close waits for the hub to take what was published. */
const closeMs = 2_000
const knownSubjectsMax = 4_096

export interface LocalEngineOptions {
  readonly settings: LocalSettings
  readonly place: Rendezvous
  readonly startThread: StartThread
}

interface OpenStore extends StoreName {
  readonly given: object
}

export class LocalEngine implements Engine {
  readonly name = 'local'
  readonly native = undefined
  readonly #node: EnginePort
  readonly #place: Rendezvous
  readonly #port: LocalStatePort
  /** For data: messages, queues, blobs. */
  readonly #link: HubLink
  /** For what holds the system together, keyed state included: it does not wait behind data, on neither side of the hub. */
  readonly #controlLink: HubLink
  readonly #thread: LocalThread
  readonly #messages: LocalMessages
  readonly #controlMessages: LocalMessages
  /** By which of the two a subject goes, for those that were looked at already: most messages go to few. */
  readonly #known = new Map<string, LocalMessages>()
  readonly #watches = new LocalWatches()
  readonly #statuses = new StatusListeners((thrown) =>
    this.#report('subscriber-failed', { subject: 'status', message: messageOf(thrown) }),
  )
  /** What was opened here, for a hub that begins with nothing. */
  readonly #opened = new Map<string, OpenStore>()
  readonly #ready = Promise.withResolvers<void>()
  #isReady = false
  /** What the hub keeps, as each way was told. */
  readonly #keeps = new Map<HubLink, string>()
  #closing: Promise<void> | undefined

  private constructor(node: EnginePort, { settings, place, startThread }: LocalEngineOptions) {
    this.#node = node
    this.#place = place
    const { clock, random } = node
    const { bytesMax, outboxBytesMax, unresponsiveMs, awayMs } = settings
    const { socketPath: path, token } = place
    const link = { path, token, clock, random: random.fork('link'), bytesMax, outboxBytesMax, unresponsiveMs, awayMs }
    this.#link = new HubLink({ ...link, keepsPublished: true }, this.#dataHost())
    this.#controlLink = new HubLink(
      { ...link, random: random.fork('control-link'), keepsPublished: true },
      this.#controlHost(),
    )
    this.#port = {
      ...{ name: this.name, clock, random, turns: new Turns(clock), link: this.#link, watches: this.#watches },
      limits: { ...memoryLimitDefaults, bytesMax },
      checkOpen: () => {
        if (this.#closing !== undefined) throw engineClosed(this.name)
      },
      report: (event, metadata, measurements) => this.#report(event, metadata, measurements),
    }
    this.#messages = new LocalMessages(this.#port, this.#link)
    this.#controlMessages = new LocalMessages(this.#port, this.#controlLink)
    const { durable } = settings
    const [seed, lockToken] = [`local/${random.int(2 ** 32)}`, newLockToken()]
    const birth = { place, lockToken, durable, limits: settings, unresponsiveMs, awayMs, seed }
    this.#thread = new LocalThread(
      { ...birth, reports: node.telemetry.enabled },
      {
        clock,
        onHub: () => {
          this.#link.retryNow()
          this.#controlLink.retryNow()
        },
        onHubFailed: (reason) => this.#ready.reject(reason),
        onReport: (event) => node.telemetry.emit(event),
        onEnded: (reason) => {
          this.#report('local-thread-ended', { message: reason.message })
          this.#ready.reject(reason)
        },
      },
      startThread,
    )
    this.#link.start()
    this.#controlLink.start()
  }

  /** Resolves once it is connected; rejects with what is wrong with the folder, the log or the hub. */
  static async open(node: EnginePort, options: LocalEngineOptions): Promise<LocalEngine> {
    const engine = new LocalEngine(node, options)
    const hold: CancelTimer = node.clock.hold?.(() => !engine.#isReady) ?? (() => {})
    try {
      await engine.#ready.promise
      return engine
    } catch (thrown) {
      await engine.close()
      throw thrown
    } finally {
      hold()
    }
  }

  get status(): EngineStatus {
    return this.#statuses.status
  }

  onStatus(listener: (status: EngineStatus) => void): () => void {
    return this.#statuses.add(listener)
  }

  publish(subject: string, body: Uint8Array): void {
    this.#wayOf(subject).publish(subject, body)
  }

  subscribe(
    subject: string,
    onMessage: (message: EngineMessage) => void,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    return this.#messagesOf(subject).subscribe(subject, onMessage, options)
  }

  request(subject: string, body: Uint8Array, options: RequestOptions = {}): Promise<Uint8Array> {
    try {
      return this.#wayOf(subject).request(subject, body, options)
    } catch (thrown) {
      return Promise.reject(thrown)
    }
  }

  async state(name: string, options: StateOptions = {}): Promise<KeyedState> {
    await this.#open({ kind: 'state', name, given: checkedState(options) })
    return new LocalState({ ...this.#port, link: this.#controlLink }, name)
  }

  async queue(name: string, options: QueueOptions = {}): Promise<DurableQueue> {
    await this.#open({ kind: 'queue', name, given: checkedQueue(options) })
    return new LocalQueue(this.#port, name)
  }

  async blobs(name: string): Promise<BlobStore> {
    await this.#open({ kind: 'blobs', name, given: {} })
    return new LocalBlobs({ ...this.#port, blobFolder: this.#place.blobFolder }, name)
  }

  async stores(): Promise<readonly StoreName[]> {
    this.#port.checkOpen()
    return (await this.#link.askAgain('stores', [], 'listing what is kept')) as readonly StoreName[]
  }

  async removeStore({ kind, name }: StoreName): Promise<void> {
    this.#port.checkOpen()
    checkStoreName('removeStore', name)
    this.#opened.delete(`${kind} ${name}`)
    await this.#link.askAgain('remove', [kind, name], `removing ${name}`)
  }

  async pulse(options: PulseOptions): Promise<AsyncDisposable> {
    this.#port.checkOpen()
    checkPulse(options)
    return await this.#thread.pulse(options)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await this.#handOver()
    this.#link.close()
    this.#controlLink.close()
    this.#watches.loseAll(engineClosed(this.name))
    await this.#messages.close()
    await this.#controlMessages.close()
    await this.#thread.close()
    this.#statuses.set('closed')
  }

  /** What was published has gone through the hub, and what came back by it was handed over. */
  async #handOver(): Promise<void> {
    const { promise: late, resolve: giveUp } = Promise.withResolvers<void>()
    const cancel = this.#node.clock.setTimer(closeMs, giveUp, { unref: true })
    const taken = [this.#link, this.#controlLink].map((link) =>
      link.isConnected ? link.ask('flush', [], 'closing').catch(() => {}) : undefined,
    )
    await Promise.race([Promise.all(taken), late])
    const handedOver = [this.#messages, this.#controlMessages, this.#watches].map((one) => one.drained())
    await Promise.race([Promise.all(handedOver), late])
    cancel()
  }

  async #open(store: OpenStore): Promise<void> {
    this.#port.checkOpen()
    const { kind, name, given } = store
    checkStoreName('engine', name)
    await this.#link.askAgain('open', [kind, name, given], `opening ${name}`)
    this.#opened.set(`${kind} ${name}`, store)
  }

  #onConnected(link: HubLink, { keeps }: Welcome): void {
    // Another hub that goes on with what the one before kept has all stores; one that begins with nothing has none.
    const before = this.#keeps.get(link)
    if (before !== undefined && keeps !== before) {
      for (const { kind, name, given } of this.#opened.values()) link.tell('open', [kind, name, given])
    }
    this.#keeps.set(link, keeps)
    if (link === this.#link) this.#messages.renew()
    else this.#controlMessages.renew()
    this.#onUp()
  }

  /** One of the ways is there; it is connected when both are. */
  #onUp(): void {
    if (!this.#link.isConnected || !this.#controlLink.isConnected) return
    this.#isReady = true
    this.#ready.resolve()
    this.#statuses.set('connected')
  }

  /** Of a subject that can be published on. */
  #wayOf(subject: string): LocalMessages {
    const known = this.#known.get(subject)
    if (known !== undefined) return known
    checkEngineSubject(subject)
    if (this.#known.size >= knownSubjectsMax) this.#known.clear()
    const messages = this.#messagesOf(subject)
    this.#known.set(subject, messages)
    return messages
  }

  #messagesOf(subject: string): LocalMessages {
    return isControlSubject(subject) ? this.#controlMessages : this.#messages
  }

  #dataHost(): LinkHost {
    return {
      onConnected: (welcome) => this.#onConnected(this.#link, welcome),
      onAway: (reason, isSilent) => this.#onAway(reason, isSilent),
      onBack: () => this.#onUp(),
      onAbsent: () => {},
      onRefused: (reason) => this.#onRefused(reason),
      onMessage: (...brought) => this.#messages.bring(...brought),
      onNews: () => {},
      onLost: () => {},
    }
  }

  /** What is to be told of the hub is told of the other way. */
  #controlHost(): LinkHost {
    return {
      onConnected: (welcome) => this.#onConnected(this.#controlLink, welcome),
      onAway: (reason, isSilent) => {
        if (!isSilent) this.#watches.loseAll(engineUnavailable(this.name, 'watching', reason))
        if (this.#isReady) this.#statuses.set('disconnected')
      },
      onBack: () => this.#onUp(),
      onAbsent: () => {},
      // Where the hub has room for one more and not for two, whoever opens it hears of it.
      onRefused: (reason) => this.#onRefused(reason),
      onMessage: (...brought) => this.#controlMessages.bring(...brought),
      onNews: (watch, changes) => this.#watches.tell(watch, changes),
      onLost: (watch, reason) => this.#watches.lose(watch, reason),
    }
  }

  #onAway(reason: Error, isSilent: boolean): void {
    if (isSilent) void this.#tellSilence()
    else this.#report('hub-lost', { message: reason.message })
    if (this.#isReady) this.#statuses.set('disconnected')
  }

  async #tellSilence(): Promise<void> {
    const { directory, logPath } = this.#place
    const pid = await ownerOf(`${logPath}.lock`)
    const reason = hubUnresponsive(directory, pid)
    this.#report('hub-unresponsive', { directory, pid: pid ?? null, message: reason.message })
    this.#ready.reject(reason)
  }

  #onRefused(reason: Error): void {
    this.#report('hub-refused', { message: reason.message })
    this.#ready.reject(reason)
  }

  #report(
    event: string,
    metadata: { readonly [key: string]: Json },
    measurements: { readonly [key: string]: number } = { count: 1 },
  ): void {
    const { telemetry } = this.#node
    if (!telemetry.enabled) return
    telemetry.emit({ name: `foundation.${event}`, measurements, metadata: { engine: this.name, ...metadata } })
  }
}

/** The process that holds a lock, if it says so. */
async function ownerOf(lockPath: string): Promise<number | undefined> {
  try {
    const { pid } = JSON.parse(await readFile(lockPath, 'utf8')) as { readonly pid?: unknown }
    return typeof pid === 'number' ? pid : undefined
  } catch {
    // It is gone, or being written: nobody to name.
    return undefined
  }
}
