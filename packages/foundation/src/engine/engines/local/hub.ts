/**
 * The hub of a project: one process of it hosts it in a thread, all connect to it. It carries messages and keeps states, queues and the
 * index of blobs. What a turn of the event loop brought is done, then written to the log at once, then told: nobody learns of anything
 * that could be lost with the hub.
 *
 * *Runs in* a thread that does nothing else, so that no program stalls it.
 */

import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, unlink } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import type { CancelTimer, Clock } from '../../../clock.ts'
import { limitReached } from '../../../errors/actor-errors.ts'
import { engineUnavailable } from '../../../errors/engine-errors.ts'
import { fileFailed } from '../../../errors/journal-errors.ts'
import { brokenFrame, hubRefused } from '../../../errors/local-errors.ts'
import { messageOf } from '../../../errors.ts'
import { unknownName } from '../../../options.ts'
import type { Random } from '../../../random.ts'
import { memoryLimitDefaults } from '../memory/memory-port.ts'
import { HubCompaction } from './hub-compaction.ts'
import { type ConnectionSettings, HubConnection } from './hub-connection.ts'
import { HubLog } from './hub-log.ts'
import { HubMessages } from './hub-messages.ts'
import {
  answeredLater,
  type OperationName,
  type OperationScope,
  operations,
  type PullRequest,
} from './hub-operations.ts'
import type { HubPort, Reporter } from './hub-port.ts'
import { type HubRecord, logKind, logVersion, record } from './hub-record.ts'
import { HubStores } from './hub-stores.ts'
import type { LocalLimits } from './local-options.ts'
import { LogClock } from './machine-clock.ts'
import type { Rendezvous } from './rendezvous.ts'

export interface HubSettings {
  readonly place: Rendezvous
  readonly durable: boolean
  readonly limits: LocalLimits
  readonly random: Random
  /** That of the machine, which the processes share. */
  readonly clock: Clock
  /** New for each hub: what it keeps is known by it where it begins with nothing. */
  readonly keeps: string
  readonly reporter: Reporter
  /** It can't go on: its log can't be written. */
  readonly onFailed: (reason: Error) => void
}

/** What is written to a log of its own in the room beside. */
const overheadBytes = 65_536
const greetingMs = 5_000
const partingMs = 500
/** A file of a blob that nobody has made one of within this time never will be. */
const orphanMs = 3_600_000

export class Hub {
  readonly #settings: HubSettings
  readonly #stores: HubStores
  readonly #messages: HubMessages
  readonly #log: HubLog | undefined
  readonly #clock: LogClock
  readonly #compaction: HubCompaction | undefined
  readonly #server: Server
  readonly #connections = new Map<HubConnection, CancelTimer>()
  readonly #pulls = new Map<HubConnection, Map<number, CancelTimer>>()
  readonly #connectionSettings: ConnectionSettings
  #changed: HubConnection[] = []
  /** Files of blobs that are none any more once this turn is written down. */
  #discarded: string[] = []
  #flushPlanned = false
  #isEnded = false
  #ending: Promise<void> | undefined
  #keeps: string
  #records = 0

  private constructor(settings: HubSettings) {
    this.#settings = settings
    this.#keeps = settings.keeps
    this.#clock = new LogClock(settings.clock)
    const { place, limits, random, reporter } = settings
    const port: HubPort = {
      // It tells no time before the log has told how late it is.
      clock: this.#clock,
      limits: { ...memoryLimitDefaults, bytesMax: limits.bytesMax },
      connectionBytesMax: limits.connectionBytesMax,
      reporter,
      append: (one) => this.#append(one),
      checkRoom: () => this.#checkRoom(),
      discard: (file) => {
        this.#discarded.push(file)
        this.#plan()
      },
    }
    const leastRevision = this.#clock.nowMs() * 1_000
    this.#stores = new HubStores(port, { blobFolder: place.blobFolder, leastRevision })
    this.#log = settings.durable ? new HubLog(place.logPath, this.#keeps, (one) => this.#replay(one)) : undefined
    this.#clock.goOnFrom(this.#stores.left)
    this.#compaction =
      this.#log &&
      new HubCompaction(this.#log, {
        reporter,
        begin: (log) => log.beginCompaction(this.#keeps, this.#stores.snapshot(this.#time())),
        flush: () => {
          this.#flush()
          return !this.#isEnded
        },
      })
    this.#messages = new HubMessages(limits, random, reporter)
    this.#connectionSettings = {
      token: place.token,
      welcome: { pid: process.pid, keeps: this.#keeps },
      frameBytesMax: limits.bytesMax + overheadBytes,
      connectionBytesMax: limits.connectionBytesMax,
    }
    this.#server = createServer((socket) => this.#accept(socket))
    // One that could not be let in, for want of file descriptors, tries again.
    this.#server.on('error', (error) => reporter.report('hub-connection-refused', { message: error.message }))
  }

  /**
   * Makes again what was kept and listens. Requires: the lock of the place is held. Throws what is wrong with log and folder.
   */
  static async open(settings: HubSettings): Promise<Hub> {
    const hub = new Hub(settings)
    try {
      await hub.#start()
      return hub
    } catch (thrown) {
      await hub.close()
      throw thrown
    }
  }

  /** Records that were made again at the start. */
  get records(): number {
    return this.#records
  }

  get logBytes(): number {
    return this.#log?.bytes ?? 0
  }

  /** Tells what there is to tell, hangs up and leaves the place. Idempotent. */
  async close(): Promise<void> {
    if (!this.#isEnded) this.#flush()
    if (!this.#isEnded) void this.#end((connection) => connection.close())
    await this.#ending
  }

  async #start(): Promise<void> {
    const { place, reporter } = this.#settings
    const cutBytes = this.#log?.cutBytes ?? 0
    if (cutBytes > 0) reporter.report('hub-log-cut', { path: place.logPath }, { bytes: cutBytes })
    this.#append([record.begin, this.#clock.aheadMs, this.#clock.monotonicMs()])
    this.#log?.flush()
    this.#cleanBlobs()
    this.#stores.start()
    await listening(this.#server, place.socketPath)
  }

  #replay(one: HubRecord): void {
    this.#records++
    const [type, kind, version, keeps] = one
    if (type === record.header && kind === logKind && version === logVersion) this.#keeps = keeps as string
    this.#stores.replay(one)
  }

  #append(one: HubRecord): void {
    this.#log?.append(one)
    this.#plan()
  }

  #checkRoom(): void {
    const { logBytesMax } = this.#settings.limits
    if (this.logBytes < logBytesMax) return
    this.#compaction?.want()
    this.#plan()
    throw limitReached('local', 'logBytesMax', logBytesMax)
  }

  #accept(socket: Socket): void {
    // It came in the turn in which the hub ended.
    if (this.#isEnded) return void socket.destroy()
    const { connectionsMax } = this.#settings.limits
    const connection = new HubConnection(socket, this.#connectionSettings, {
      changed: (one) => {
        this.#changed.push(one)
        this.#plan()
      },
      publish: (subject, body) => this.#messages.publish(subject, body),
      request: (open, subject, body) => this.#messages.request(open, subject, body),
      respond: (reference, body) => this.#messages.respond(reference, body),
      cancel: (one, id) => this.#cancel(one, id),
      operate: (one, id, operation) => this.#operate(one, id, operation),
      refused: (reason) => this.#settings.reporter.report('hub-connection-refused', { message: reason }),
      ended: (one) => this.#ended(one),
    })
    const late = this.#clock.setTimer(greetingMs, () => {
      if (!connection.isGreeted) connection.refuse(hubRefused(`no greeting within ${greetingMs} ms`))
    })
    this.#connections.set(connection, late)
    if (this.#connections.size > connectionsMax) {
      connection.refuse(hubRefused(`connectionsMax: it has ${connectionsMax} connections`))
    }
  }

  #operate(connection: HubConnection, id: number, [name, ...given]: readonly unknown[]): void {
    if (!Object.hasOwn(operations, String(name))) throw unknownName('local', 'operation', String(name), [])
    const scope: OperationScope = {
      stores: this.#stores,
      messages: this.#messages,
      peer: connection,
      pull: (what) => this.#pull(connection, id, what),
    }
    const answer = operations[name as OperationName](scope, given as never[])
    if (answer !== answeredLater) connection.succeed(id, answer ?? null)
  }

  #pull(connection: HubConnection, id: number, { queue, max, waitMs }: PullRequest): typeof answeredLater {
    const own = this.#pulls.get(connection) ?? new Map<number, CancelTimer>()
    this.#pulls.set(connection, own)
    let isAnswered = false
    const answered = () => {
      isAnswered = true
      own.delete(id)
    }
    const cancel = this.#stores.queue(queue).pull({
      max,
      waitMs,
      succeed: (deliveries) => {
        answered()
        connection.succeed(id, deliveries)
      },
      fail: (thrown) => {
        answered()
        connection.fail(id, thrown)
      },
    })
    if (!isAnswered) own.set(id, cancel)
    return answeredLater
  }

  #cancel(connection: HubConnection, id: number): void {
    this.#messages.cancel(connection, id)
    this.#pulls.get(connection)?.get(id)?.()
    this.#pulls.get(connection)?.delete(id)
  }

  #ended(connection: HubConnection): void {
    this.#connections.get(connection)?.()
    this.#connections.delete(connection)
    for (const cancel of this.#pulls.get(connection)?.values() ?? []) cancel()
    this.#pulls.delete(connection)
    this.#messages.leave(connection)
    for (const state of this.#stores.states()) state.unwatch(connection)
  }

  /** After all sockets were read that had something: what they brought shares one write. */
  #plan(): void {
    if (this.#flushPlanned) return
    this.#flushPlanned = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#flushPlanned = false
    if (this.#isEnded) return
    try {
      this.#log?.flush()
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown : brokenFrame(messageOf(thrown))
      // What was done in this turn is in no log: nobody may hear of it.
      void this.#end((connection) => connection.drop()).then(() => this.#settings.onFailed(reason))
      return
    }
    const changed = this.#changed
    this.#changed = []
    for (const connection of changed) connection.flush()
    this.#removeDiscarded()
    this.#compaction?.consider()
  }

  #removeDiscarded(): void {
    const files = this.#discarded
    this.#discarded = []
    // Whoever reads one at this moment goes on; what can't be removed now is found by the next hub.
    for (const file of files) unlink(join(this.#settings.place.blobFolder, file), () => {})
  }

  #time(): { readonly aheadMs: number; readonly lastMs: number } {
    return { aheadMs: this.#clock.aheadMs, lastMs: this.#clock.monotonicMs() }
  }

  /** Files that are no blob: those of writers that died, and all of a hub before that kept nothing. */
  #cleanBlobs(): void {
    const { durable, place } = this.#settings
    const { blobFolder, logPath } = place
    makeFolder(blobFolder)
    // One that keeps nothing has not read which files belong to what another one kept.
    if (!durable && existsSync(logPath)) return
    try {
      const used = this.#stores.files()
      for (const file of readdirSync(blobFolder)) {
        if (used.has(file)) continue
        const path = join(blobFolder, file)
        const found = statSync(path, { throwIfNoEntry: false })
        if (found !== undefined && found.mtimeMs < this.#clock.nowMs() - orphanMs) rmSync(path, { force: true })
      }
    } catch (cause) {
      throw fileFailed(blobFolder, 'looking through the blobs', cause)
    }
  }

  #end(each: (connection: HubConnection) => void): Promise<void> {
    this.#isEnded = true
    this.#ending = this.#hangUp(each)
    return this.#ending
  }

  async #hangUp(each: (connection: HubConnection) => void): Promise<void> {
    this.#stores.close(engineUnavailable('local', 'its hub ended'))
    const closed = new Promise((resolve) => this.#server.close(resolve))
    const open = [...this.#connections]
    for (const [connection, cancel] of open) {
      cancel()
      each(connection)
    }
    // Some may be stopped and never take what waits for them.
    const cancel = this.#clock.setTimer(partingMs, () => {
      for (const [connection] of open) connection.drop()
    })
    await closed
    cancel()
    this.#log?.close()
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw fileFailed(path, 'making the folder of blobs', cause)
  }
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(fileFailed(path, 'listening on the socket', cause)))
    server.listen(path, () => {
      try {
        if (process.platform !== 'win32') chmodSync(path, 0o600)
        resolve()
      } catch (cause) {
        reject(fileFailed(path, 'closing the socket to others', cause))
      }
    })
  })
}
