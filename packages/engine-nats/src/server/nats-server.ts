/**
 * A real nats-server as a child process: for development, and for tests of what happens when one dies. It never outlives this process,
 * it is ready when `startNatsServer` resolves, and why it did not start is an error of its own.
 */

import { constants } from 'node:fs'
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Clock,
  deathGuard,
  delay,
  type GuardedProcess,
  guardedProcess,
  type Json,
  type ProcessEnd,
} from '@mabeam/foundation'
import { forgetPorts, portsWhenReady, type ServerPorts } from './ports-file.ts'
import { checkNatsServer, findNatsServer, type NatsServerProgram } from './server-binary.ts'
import { serverConfig } from './server-config.ts'
import { serverClosed, serverNotReady, serverSilent, serverUnhealthy, storeNotWritable } from './server-errors.ts'
import { diskFault, lastWords, serverFault } from './server-fault.ts'
import { monitorAnswer } from './server-monitor.ts'
import { type NatsServerOptions, type NatsServerSettings, natsServerSettings } from './server-options.ts'

/** How long its monitoring may take to answer. */
const monitorTimeoutMs = 2_000

export interface CloseNatsServerOptions {
  /**
   * Tells clients first, so that they move to other servers, and ends when they have; the server takes some seconds for it. Killed when
   * it takes longer than a minute.
   * @default false
   */
  readonly lameDuck?: boolean
}

/** Disposing closes it. */
export interface NatsServer extends AsyncDisposable {
  readonly name: string
  /** Such as `2.15.1`. */
  readonly version: string
  /** `host:port` for clients. */
  readonly address: string
  /** The same as `nats://host:port`, or `tls://host:port`. */
  readonly url: string
  /** `host:port` for servers of its cluster; undefined without one. */
  readonly clusterAddress: string | undefined
  /** Of its monitoring: `http://host:port`. */
  readonly monitorUrl: string
  readonly storeDir: string
  /** Undefined while it is not running. */
  readonly pid: number | undefined
  /** Of its log, the oldest first; of this life. */
  readonly lines: readonly string[]
  /** Resolves when this life of it has ended, wanted or not. */
  readonly ended: Promise<ProcessEnd>
  /** What its monitoring says at a path such as `varz`. Rejects with `engine-nats/server-silent`. */
  monitor(path: string): Promise<Json>
  /**
   * Resolves when it says that it is well, its JetStream included. Rejects with `engine-nats/server-disk-full`,
   * `engine-nats/server-unhealthy` and `engine-nats/server-silent`.
   */
  health(): Promise<void>
  /** `kill -9`; its store stays. Resolves when it is gone. */
  kill(): Promise<void>
  /** SIGSTOP: it stands still, its connections stay. */
  pause(): void
  /** SIGCONT. */
  resume(): void
  /** Starts it again at the same addresses with the same store, after it was killed, or ends it first. */
  restart(): Promise<void>
  /** Ends it; a temporary store is removed. Idempotent. */
  close(options?: CloseNatsServerOptions): Promise<void>
}

/**
 * Starts one and resolves when it takes clients. Rejects with `engine-nats/server-missing`, `server-too-old`, `port-taken`,
 * `address-not-here`, `invalid-server-config`, `store-not-writable`, `server-disk-full`, `server-ended` and
 * `server-not-ready`.
 *
 * @example await using server = await startNatsServer(); const engine = nats({ servers: server.url, durability: 'relaxed' })
 */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const settings = natsServerSettings(options)
  const program = settings.program === undefined ? await findNatsServer() : await checkNatsServer(settings.program)
  const home = await mkdtemp(join(tmpdir(), 'mabeam-nats-'))
  const server = new ChildServer(settings, program, home)
  try {
    await server.start()
  } catch (thrown) {
    await server.close()
    throw thrown
  }
  return server
}

/** What one life of it is. */
interface Life {
  readonly process: GuardedProcess
  readonly ports: ServerPorts
}

class ChildServer implements NatsServer {
  readonly storeDir: string
  readonly version: string
  readonly #settings: NatsServerSettings
  readonly #program: string
  /** For its configuration and the file of its ports. */
  readonly #home: string
  readonly #dismiss: () => void
  #life: Life | undefined
  #isClosed = false

  constructor(settings: NatsServerSettings, program: NatsServerProgram, home: string) {
    this.#settings = settings
    this.#program = program.path
    this.version = program.version
    this.#home = home
    // Its process is killed first, by a guard of its own.
    this.#dismiss = deathGuard('sleep 1; rm -rf "$1"', [home])
    this.storeDir = settings.storeDir ?? join(home, 'store')
  }

  get name(): string {
    return this.#settings.name
  }

  get address(): string {
    return this.#ports.client
  }

  get url(): string {
    return `${this.#settings.tls === undefined ? 'nats' : 'tls'}://${this.address}`
  }

  get clusterAddress(): string | undefined {
    return this.#ports.cluster
  }

  get monitorUrl(): string {
    return `http://${this.#ports.monitor}`
  }

  get pid(): number | undefined {
    const process = this.#life?.process
    return process?.end === undefined ? process?.pid : undefined
  }

  get lines(): readonly string[] {
    return this.#life?.process.output.lines ?? []
  }

  get ended(): Promise<ProcessEnd> {
    return this.#life?.process.ended ?? Promise.reject(serverClosed(this.name))
  }

  get #ports(): ServerPorts {
    if (this.#life === undefined) throw serverClosed(this.name)
    return this.#life.ports
  }

  async start(): Promise<void> {
    if (this.#isClosed) throw serverClosed(this.name)
    if (this.#settings.jetstream) await this.#prepareStore()
    await forgetPorts(this.#home)
    const config = join(this.#home, 'server.conf')
    const known = this.#life?.ports
    const place = {
      storeDir: this.storeDir,
      portsDir: this.#home,
      port: known === undefined ? this.#settings.port : portOf(known.client),
      monitorPort: known === undefined ? 0 : portOf(known.monitor),
      clusterPort: known?.cluster === undefined ? (this.#settings.cluster?.port ?? 0) : portOf(known.cluster),
    }
    await writeFile(config, serverConfig(this.#settings, place), { mode: 0o600 })
    const plain = { program: this.#program, args: ['-c', config] }
    const { program, args } = this.#settings.command?.(plain.program, plain.args) ?? plain
    const process = await guardedProcess(program, { args, linesMax: this.#settings.linesMax })
    try {
      this.#life = { process, ports: await this.#readyPorts(process) }
    } catch (thrown) {
      await process.kill()
      throw thrown
    }
  }

  async monitor(path: string): Promise<Json> {
    const { status, body } = await this.#monitorAnswer(path)
    if (status === 200) return body
    throw serverUnhealthy(this.name, `${path} answers ${status}`)
  }

  async health(): Promise<void> {
    const full = diskFault(this.lines, this.storeDir)
    if (full !== undefined) throw full
    const { status, body } = await this.#monitorAnswer('healthz')
    if (status === 200) return
    const { error = `healthz answers ${status}` } = body as { readonly error?: string }
    throw serverUnhealthy(this.name, error)
  }

  async kill(): Promise<void> {
    await this.#life?.process.kill()
  }

  pause(): void {
    this.#life?.process.signal('SIGSTOP')
  }

  resume(): void {
    this.#life?.process.signal('SIGCONT')
  }

  async restart(): Promise<void> {
    await this.#end('SIGTERM', this.#settings.closeTimeoutMs)
    await this.start()
  }

  async close({ lameDuck = false }: CloseNatsServerOptions = {}): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    if (lameDuck) await this.#end('SIGUSR2', 60_000)
    else await this.#end('SIGTERM', this.#settings.closeTimeoutMs)
    await rm(this.#home, { recursive: true, force: true })
    this.#dismiss()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #prepareStore(): Promise<void> {
    try {
      await mkdir(this.storeDir, { recursive: true })
      await access(this.storeDir, constants.W_OK)
    } catch (thrown) {
      throw storeNotWritable(this.storeDir, String((thrown as NodeJS.ErrnoException).code ?? thrown))
    }
  }

  async #readyPorts(process: GuardedProcess): Promise<ServerPorts> {
    const { readyTimeoutMs, clock } = this.#settings
    const over = new AbortController()
    const late = delay(clock, readyTimeoutMs, over.signal).then(
      () => over.abort(serverNotReady(readyTimeoutMs, lastWords(process.output.lines))),
      () => {},
    )
    void process.ended.then(({ status, signal }) => {
      const how = signal ?? `status ${status}`
      over.abort(serverFault({ how, lines: process.output.lines, storeDir: this.storeDir }))
    })
    try {
      return await portsWhenReady(this.#home, clock, over.signal)
    } finally {
      over.abort()
      await late
    }
  }

  async #monitorAnswer(path: string) {
    if (this.pid === undefined) throw serverSilent(this.name)
    try {
      return await monitorAnswer(`${this.monitorUrl}/${path}`, monitorTimeoutMs)
    } catch (thrown) {
      throw serverSilent(this.name, thrown)
    }
  }

  /** Asks it to end, one that is paused too, and kills it when it has not by then. */
  async #end(signal: NodeJS.Signals, timeoutMs: number): Promise<void> {
    const process = this.#life?.process
    if (process === undefined || process.end !== undefined) return
    process.signal(signal)
    process.signal('SIGCONT')
    await endedWithin(process, timeoutMs, this.#settings.clock)
  }
}

async function endedWithin(process: GuardedProcess, timeoutMs: number, clock: Clock): Promise<void> {
  const over = new AbortController()
  const killed = delay(clock, timeoutMs, over.signal).then(
    () => process.kill(),
    () => undefined,
  )
  await Promise.race([process.ended, killed])
  over.abort()
}

function portOf(address: string): number {
  return Number(/:(\d+)$/.exec(address)?.[1] ?? 0)
}
