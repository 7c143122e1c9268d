/** Keyed state as a simulated node sees it. */

import type { KeyedState, StateChange, StateEntry, StateWatch } from '../../engine/keyed-state.ts'
import { engineClosed, engineUnavailable } from '../../errors/engine-errors.ts'
import { messageOf } from '../../errors.ts'
import { ServerStream } from './server-stream.ts'
import type { SimEngine } from './sim-engine.ts'
import type { OperationKind } from './sim-server.ts'

export class SimState implements KeyedState {
  readonly name: string
  readonly #engine: SimEngine
  readonly #truth: KeyedState

  constructor(engine: SimEngine, truth: KeyedState) {
    this.name = truth.name
    this.#engine = engine
    this.#truth = truth
  }

  async get(key: string): Promise<StateEntry | undefined> {
    const { server, life } = this.#engine.settings
    const frozen = server.frozenState(life.name, this.name)
    if (frozen === undefined) return await this.#operate('read', `reading ${key}`, () => this.#truth.get(key))
    this.#engine.checkOpen()
    const entry = frozen.get(key)
    // Of the part of the server that the node can reach, without the wires that are cut.
    await new Promise<void>((resolve) => server.network.inOrder(life.name, { lastMs: 0 }, () => life.wake(resolve)))
    return entry === undefined ? undefined : { ...entry, value: new Uint8Array(entry.value) }
  }

  create(key: string, value: Uint8Array): Promise<number> {
    const copy = new Uint8Array(value)
    return this.#operate('write', `creating ${key}`, () => this.#truth.create(key, copy))
  }

  update(key: string, value: Uint8Array, revision: number): Promise<number> {
    const copy = new Uint8Array(value)
    return this.#operate('write', `updating ${key}`, () => this.#truth.update(key, copy, revision))
  }

  put(key: string, value: Uint8Array): Promise<number> {
    const copy = new Uint8Array(value)
    return this.#operate('write', `putting ${key}`, () => this.#truth.put(key, copy))
  }

  delete(key: string, revision?: number): Promise<void> {
    return this.#operate('write', `deleting ${key}`, () => this.#truth.delete(key, revision))
  }

  async watch(pattern: string, onChange: (change: StateChange) => void): Promise<StateWatch> {
    const engine = this.#engine
    const { life, server } = engine.settings
    const doing = `watching ${this.name} ${pattern}`
    const lost = Promise.withResolvers<Error>()
    let truth: StateWatch | undefined
    const stream = new ServerStream(server.network, life)
    const end = () => {
      forget()
      stream.close()
      void truth?.[Symbol.asyncDispose]()
    }
    const lose = (reason: Error) => {
      end()
      life.wake(() => lost.resolve(reason))
    }
    const forget = engine.onClose(() => lose(engineClosed(engine.name)))
    stream.onLost = () => lose(engineUnavailable(engine.name, doing))
    const tell = (change: StateChange) => {
      try {
        onChange(change)
      } catch (thrown) {
        engine.report('watcher-failed', { state: this.name, message: messageOf(thrown) })
      }
    }
    const run = async () => {
      truth = await this.#truth.watch(pattern, (change) => stream.push(() => tell(change)))
      if (stream.closed) await truth[Symbol.asyncDispose]()
      else void truth.lost.then(() => stream.lose())
    }
    try {
      await engine.operate({ doing, kind: 'read', run, answer: (arrive) => stream.push(arrive) })
    } catch (thrown) {
      end()
      throw thrown
    }
    return { lost: lost.promise, [Symbol.asyncDispose]: async () => end() }
  }

  #operate<T>(kind: OperationKind, what: string, run: () => Promise<T>): Promise<T> {
    return this.#engine.operate({ doing: `${what} of ${this.name}`, kind, run })
  }
}
