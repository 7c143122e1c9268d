/** A keyed state that the hub keeps, as a process sees it. */

import { engineUnavailable, payloadTooLarge } from '../../../errors/engine-errors.ts'
import { checkKey, checkKeyPattern } from '../../key.ts'
import type { KeyedState, StateChange, StateEntry, StateWatch } from '../../keyed-state.ts'
import type { MemoryPort } from '../memory/memory-port.ts'
import { type KeptChange, MemoryWatch } from '../memory/state-watch.ts'
import { copyOf, type HubLink } from './hub-link.ts'
import type { WireChange } from './wire-protocol.ts'

/** The watches of a process, by the number the hub knows them by. */
export class LocalWatches {
  readonly #open = new Map<number, OpenWatch>()
  #lastId = 0

  add(watch: OpenWatch): number {
    const id = ++this.#lastId
    this.#open.set(id, watch)
    return id
  }

  delete(id: number): void {
    this.#open.delete(id)
  }

  tell(id: number, changes: readonly WireChange[]): void {
    for (const one of changes) this.#open.get(id)?.tell(one)
  }

  lose(id: number, reason: Error): void {
    this.#open.get(id)?.lose(reason)
  }

  /** News are missing from all of them. */
  loseAll(reason: Error): void {
    for (const one of [...this.#open.values()]) one.lose(reason)
  }

  async drained(): Promise<void> {
    await Promise.all([...this.#open.values()].map((one) => one.drained()))
  }
}

/** A watch: what there was is collected until the hub has told all of it. */
class OpenWatch {
  readonly watch: MemoryWatch
  #collected: KeptChange[] | undefined = []

  constructor(watch: MemoryWatch) {
    this.watch = watch
  }

  tell(change: WireChange): void {
    const kept = keptChange(change)
    if (this.#collected === undefined) this.watch.tell(kept)
    else this.#collected.push(kept)
  }

  /** All there was has been told. */
  begin(): Promise<void> {
    const entries = (this.#collected ?? []).filter((one) => one.type === undefined)
    this.#collected = undefined
    return this.watch.begin(entries)
  }

  lose(reason: Error): void {
    this.watch.lose(reason)
  }

  drained(): Promise<void> {
    return this.watch.drained()
  }
}

export interface LocalStatePort extends MemoryPort {
  readonly link: HubLink
  readonly watches: LocalWatches
}

export class LocalState implements KeyedState {
  readonly name: string
  readonly #port: LocalStatePort

  constructor(port: LocalStatePort, name: string) {
    this.#port = port
    this.name = name
  }

  async get(key: string): Promise<StateEntry | undefined> {
    this.#check(key)
    const doing = `getting ${this.name}: ${key}`
    const found = (await this.#port.link.askAgain('get', [this.name, key], doing)) as [Uint8Array, number] | null
    return found === null ? undefined : { key, value: copyOf(found[0]), revision: found[1] }
  }

  create(key: string, value: Uint8Array): Promise<number> {
    return this.#write('create', key, [value])
  }

  update(key: string, value: Uint8Array, revision: number): Promise<number> {
    return this.#write('update', key, [value, revision])
  }

  put(key: string, value: Uint8Array): Promise<number> {
    return this.#write('put', key, [value])
  }

  async delete(key: string, revision?: number): Promise<void> {
    this.#check(key)
    await this.#port.link.ask('delete', [this.name, key, revision ?? null], `deleting ${this.name}: ${key}`)
  }

  async watch(pattern: string, onChange: (change: StateChange) => void): Promise<StateWatch> {
    this.#port.checkOpen()
    checkKeyPattern(pattern)
    const { link, watches } = this.#port
    let id = 0
    const onEnd = () => {
      watches.delete(id)
      link.tell('unwatch', [this.name, id])
    }
    const watch = new MemoryWatch(this.#port, { state: this.name, pattern, onChange, onEnd })
    const open = new OpenWatch(watch)
    id = watches.add(open)
    try {
      await new Promise<void>((succeed, fail) => {
        // Told in the turn of the answer: what the hub says after it is a change.
        link.operate('watch', [this.name, pattern, id], {
          doing: `watching ${this.name}`,
          succeed: () => void open.begin().then(succeed, fail),
          fail,
        })
      })
    } catch (thrown) {
      await watch[Symbol.asyncDispose]()
      throw thrown
    }
    return watch
  }

  #check(key: string): void {
    this.#port.checkOpen()
    checkKey(key)
  }

  async #write(
    name: 'create' | 'update' | 'put',
    key: string,
    given: readonly [value: Uint8Array, revision?: number],
  ): Promise<number> {
    this.#check(key)
    const { bytesMax } = this.#port.limits
    const [{ length }] = given
    if (length > bytesMax) throw payloadTooLarge(`${this.name}: ${key}`, bytesMax, length)
    const written = await this.#port.link.ask(name, [this.name, key, ...given], `writing ${this.name}: ${key}`)
    if (typeof written !== 'number') throw engineUnavailable('local', `writing ${this.name}: ${key}`)
    return written
  }
}

function keptChange([key, revision, told]: WireChange): KeptChange {
  if (typeof told === 'string') return { type: 'delete', key, revision, expired: told === 'expired' }
  const value = copyOf(told)
  return { key, value, revision, dueMs: 0, earlier: undefined, later: undefined }
}
