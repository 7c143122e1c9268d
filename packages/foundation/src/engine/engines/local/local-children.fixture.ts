/** Children of a test, each with an engine `local`: started, told, heard, and never left behind. */

import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../../clock.ts'
import { seededRandom } from '../../../random.ts'
import { silentTelemetry, type Telemetry } from '../../../telemetry.ts'
import type { Engine } from '../../engine.ts'
import { type LocalOptions, local } from '../local.ts'
import type { FromChild, ToChild } from './local-child.fixture.ts'

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

  /** An engine in the process of the test. */
  async open(options: LocalOptions = {}, telemetry: Telemetry = silentTelemetry): Promise<Engine> {
    const name = `n${this.#engines.length + 1}`
    const port = { system: 'test', name, clock: systemClock, random: seededRandom(name), telemetry }
    const engine = await local({ directory: this.directory, ...options })(port)
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
