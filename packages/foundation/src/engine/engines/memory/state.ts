/** Keyed state of the memory engine: carries out what its table decides, on the engine's clock. */

import { limitReached } from '../../../errors/actor-errors.ts'
import { engineClosed, payloadTooLarge, revisionConflict } from '../../../errors/engine-errors.ts'
import { checkKey, checkKeyPattern } from '../../key.ts'
import type { KeyedState, StateChange, StateEntry, StateOptions, StateWatch } from '../../keyed-state.ts'
import { DueTimer } from './due-timer.ts'
import { EntryTable } from './entry-table.ts'
import type { MemoryPort } from './memory-port.ts'
import { type KeptChange, MemoryWatch } from './state-watch.ts'

export class MemoryState implements KeyedState {
  readonly name: string
  readonly #port: MemoryPort
  readonly #table: EntryTable
  readonly #watches = new Set<MemoryWatch>()
  readonly #timer: DueTimer

  constructor(port: MemoryPort, name: string, options: StateOptions) {
    this.#port = port
    this.name = name
    this.#table = new EntryTable(options.expiryMs)
    this.#timer = new DueTimer(port.clock, () => this.#expire())
  }

  async get(key: string): Promise<StateEntry | undefined> {
    this.#look(key)
    const entry = this.#table.get(key)
    return entry && { key, value: new Uint8Array(entry.value), revision: entry.revision }
  }

  async create(key: string, value: Uint8Array): Promise<number> {
    this.#look(key)
    const entry = this.#table.get(key)
    if (entry !== undefined) throw revisionConflict(key, null, entry.revision)
    return this.#write(key, value)
  }

  async update(key: string, value: Uint8Array, revision: number): Promise<number> {
    this.#look(key)
    this.#checkRevision(key, revision)
    return this.#write(key, value)
  }

  async put(key: string, value: Uint8Array): Promise<number> {
    this.#look(key)
    return this.#write(key, value)
  }

  async delete(key: string, revision?: number): Promise<void> {
    this.#look(key)
    if (revision !== undefined) this.#checkRevision(key, revision)
    const change = this.#table.remove(key)
    if (change !== undefined) this.#tell(change)
    this.#timer.set(this.#table.nextDueMs)
  }

  async watch(pattern: string, onChange: (change: StateChange) => void): Promise<StateWatch> {
    this.#port.checkOpen()
    checkKeyPattern(pattern)
    const { watchesMax } = this.#port.limits
    if (this.#watches.size >= watchesMax) throw limitReached(`state ${this.name}`, 'watchesMax', watchesMax)
    this.#expire()
    const onEnd = () => void this.#watches.delete(watch)
    const watch: MemoryWatch = new MemoryWatch(this.#port, { state: this.name, pattern, onChange, onEnd })
    this.#watches.add(watch)
    await watch.begin(this.#table.entries())
    return watch
  }

  /** Tells watchers what there is to tell, then ends them. */
  async close(): Promise<void> {
    this.#timer.clear()
    await Promise.all([...this.#watches].map((one) => one.drained()))
    for (const one of [...this.#watches]) one.lose(engineClosed(this.#port.name))
  }

  /** Before each operation: the engine is open, the key is one, and what is over is gone. */
  #look(key: string): void {
    this.#port.checkOpen()
    checkKey(key)
    this.#expire()
  }

  #checkRevision(key: string, expected: number): void {
    const got = this.#table.get(key)?.revision ?? null
    if (got !== expected) throw revisionConflict(key, expected, got)
  }

  #write(key: string, value: Uint8Array): number {
    const { bytesMax, keysMax } = this.#port.limits
    if (value.length > bytesMax) throw payloadTooLarge(`${this.name}: ${key}`, bytesMax, value.length)
    if (this.#table.size >= keysMax && this.#table.get(key) === undefined) {
      throw limitReached(`state ${this.name}`, 'keysMax', keysMax)
    }
    const entry = this.#table.write(key, value, this.#port.clock.monotonicMs())
    this.#tell(entry)
    this.#timer.set(this.#table.nextDueMs)
    return entry.revision
  }

  #expire(): void {
    if (this.#table.nextDueMs === undefined) return
    const nowMs = this.#port.clock.monotonicMs()
    for (let gone = this.#table.expire(nowMs); gone !== undefined; gone = this.#table.expire(nowMs)) this.#tell(gone)
    this.#timer.set(this.#table.nextDueMs)
  }

  #tell(change: KeptChange): void {
    for (const watch of this.#watches) watch.tell(change)
  }
}
