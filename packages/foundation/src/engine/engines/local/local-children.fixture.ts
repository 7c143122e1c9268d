/** Children of a test, each with an engine `local`: started, told, heard, and never left behind. */

import { type ChildProcess, fork } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MessageChannel } from 'node:worker_threads'
import { type Clock, systemClock } from '../../../clock.ts'
import { seededRandom } from '../../../random.ts'
import { silentTelemetry, type Telemetry } from '../../../telemetry.ts'
import type { Engine, EnginePort } from '../../engine.ts'
import { type LocalOptions, local } from '../local.ts'
import type { FromChild, ToChild } from './local-child.fixture.ts'
import { LocalEngine } from './local-engine.ts'
import { checkedLocal } from './local-options.ts'
import type { StartThread, ThreadHandle } from './local-thread.ts'
import { LocalThreadHost } from './local-thread-host.ts'
import { machineClock } from './machine-clock.ts'
import { openRendezvous, thisMachine } from './rendezvous.ts'

const program = fileURLToPath(new URL('local-child.fixture.ts', import.meta.url))

export class LocalChild {
  readonly name: string
  readonly told: FromChild[] = []
  readonly process: ChildProcess
  readonly gone: Promise<void>
  #heard = Promise.withResolvers<void>()

  constructor(name: string, options: LocalOptions) {
    this.name = name
    const stdio: ['ignore', 'inherit', 'inherit', 'ipc'] = ['ignore', 'inherit', 'inherit', 'ipc']
    const execArgv = ['--conditions=mabeam-source']
    this.process = fork(program, [name, JSON.stringify(options)], { execArgv, stdio })
    this.process.on('message', (message: FromChild) => {
      this.told.push(message)
      this.#wake()
    })
    this.gone = new Promise((resolve) => this.process.on('exit', () => resolve()))
    void this.gone.then(() => this.#wake())
  }

  tell(message: ToChild): void {
    this.process.send(message)
  }

  count(type: FromChild['type']): number {
    return this.told.filter((one) => one.type === type).length
  }

  /** Whether it hosted the hub, now or before. */
  get hasHosted(): boolean {
    return this.told.some((one) => one.type === 'event' && one.name === 'foundation.hub-started')
  }

  /** Resolves when it has told so much; rejects when it ends before. */
  async heard(condition: (child: LocalChild) => boolean): Promise<void> {
    while (!condition(this)) {
      if (this.process.exitCode !== null || this.process.signalCode !== null) throw new Error(`${this.name} has ended`)
      await this.#heard.promise
    }
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.gone
  }

  #wake(): void {
    this.#heard.resolve()
    this.#heard = Promise.withResolvers()
  }
}

/** What a thread does, in this one and on a clock that is moved by hand; socket, lock and log are real. */
export function threadHere(clock: Clock): StartThread {
  return (birth) => {
    const { port1, port2 } = new MessageChannel()
    const events = new EventEmitter()
    port2.on('message', (message) => events.emit('message', message))
    port2.on('close', () => events.emit('exit'))
    new LocalThreadHost(port1, birth, clock).serve()
    return {
      on: (event: string, listener: (...given: unknown[]) => void) => events.on(event, listener),
      postMessage: (message) => port2.postMessage(message),
      ref: () => port2.ref(),
      unref: () => port2.unref(),
      terminate: () => port2.close(),
    } as ThreadHandle
  }
}

/** What a test opens and starts, in one folder; disposing ends and removes all of it. */
export class LocalWorld implements AsyncDisposable {
  readonly directory: string
  readonly #children: LocalChild[] = []
  readonly #engines: Engine[] = []

  private constructor(directory: string) {
    this.directory = directory
  }

  static async make(): Promise<LocalWorld> {
    return new LocalWorld(await mkdtemp(join(tmpdir(), 'mabeam-local-')))
  }

  /** Starts a process, which may not have opened its engine yet. */
  start(name: string, options: LocalOptions = {}): LocalChild {
    const child = new LocalChild(name, { directory: this.directory, ...options })
    this.#children.push(child)
    return child
  }

  /** An engine in the process of the test, as a user opens one. */
  async open(options: LocalOptions = {}, telemetry: Telemetry = silentTelemetry): Promise<Engine> {
    return this.#kept(await local({ directory: this.directory, ...options })(this.#port(telemetry)))
  }

  /** One whose thread is that of the test, so that it costs no start of a thread. */
  async openHere(options: LocalOptions = {}, telemetry: Telemetry = silentTelemetry): Promise<Engine> {
    const place = openRendezvous(options.directory ?? this.directory, thisMachine())
    const engine = { settings: checkedLocal(options), place, startThread: threadHere(machineClock) }
    return this.#kept(await LocalEngine.open(this.#port(telemetry), engine))
  }

  #port(telemetry: Telemetry): EnginePort {
    const name = `n${this.#engines.length + 1}`
    return { system: 'test', name, clock: systemClock, random: seededRandom(name), telemetry }
  }

  #kept(engine: Engine): Engine {
    this.#engines.push(engine)
    return engine
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) await child.kill()
    for (const engine of this.#engines) await engine.close()
    await rm(this.directory, { recursive: true, force: true })
  }
}

export const isOpen = (child: LocalChild): boolean => child.count('open') > 0
