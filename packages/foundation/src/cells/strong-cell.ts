/**
 * Strong cells: one value in the whole system, changed by compare-and-set in the engine's keyed state.
 *
 * *Delivery*: a write that resolved is kept, and all nodes see the writes of a cell in one order. In a partition the side that the
 * engine does not answer reads and writes nothing: `read` and writes reject with `foundation/engine-unavailable`, or
 * `foundation/outcome-unknown` when a write may have happened; `get` goes on giving what was last heard. *Runs in* the
 * caller's turn, waiting for the engine.
 */

import { delay } from '../clock.ts'
import type { KeyedState, StateEntry } from '../engine/keyed-state.ts'
import { cellFull, outcomeUnknown } from '../errors/cell-errors.ts'
import { isMabeamError } from '../errors.ts'
import type { NodePort } from '../node-port.ts'
import { checkOptions, invalidOption, type OptionRule, rule } from '../options.ts'
import { retryDelayMs } from '../retry.ts'
import type { CellsSettings } from './cell-options.ts'
import { CellFeed, type CellWatch, type CellWatchOptions } from './cell-watch.ts'
import { entryBytes, entryOf, noEntry, type StoredEntry, type StrongEntry } from './strong-entry.ts'
import {
  newStrong,
  type StrongCommand,
  type StrongEvent,
  type StrongIntent,
  type StrongState,
  strongStep,
} from './strong-step.ts'

/** A value with the number of the write that made it; 0 before the first. */
export interface Versioned<T> {
  readonly value: T
  readonly version: number
}

export interface StrongReadOptions {
  /** Rejects with `signal.reason` between the steps; whether a write happened is not known then. @default none */
  readonly signal?: AbortSignal | undefined
}

export interface StrongWriteOptions extends StrongReadOptions {
  /**
   * A fencing token, such as the epoch of a lease: below the highest of all writes of this cell it is refused with
   * `foundation/fenced`. Stored with the value. @default none
   */
  readonly token?: number
}

export interface StrongUpdateOptions extends StrongWriteOptions {
  /** Tries, the first included. @default that of the cells */
  readonly attemptsMax?: number
}

export type CompareAndSet =
  | { readonly type: 'written'; readonly version: number }
  /** Nothing was written: the cell has had this version. */
  | { readonly type: 'conflict'; readonly version: number }

/** One value, strongly consistent: linearizable but for `get`. */
export interface StrongCell<T> {
  readonly name: string
  readonly nature: 'strong'
  /** What this node last heard: as old as the engine's news are, and in a partition as old as that. Never goes back. */
  get(): Versioned<T>
  /** The value at some moment of the call; costs a compare-and-set. Rejects with `foundation/engine-unavailable`. */
  read(options?: StrongReadOptions): Promise<Versioned<T>>
  /** The version written, over whatever there was. */
  set(value: T, options?: StrongWriteOptions): Promise<number>
  /** Writes only if the cell still has `version`. */
  compareAndSet(version: number, value: T, options?: StrongWriteOptions): Promise<CompareAndSet>
  /**
   * Writes what `change` makes of the value, which is called again when somebody else wrote meanwhile. Rejects with
   * `foundation/cell-contended` when that was so `attemptsMax` times.
   */
  update(change: (current: T) => T, options?: StrongUpdateOptions): Promise<Versioned<T>>
  /** What `get` gives, then each change that is heard; see `CellWatch`. Throws `foundation/cell-full`. */
  watch(options?: CellWatchOptions): CellWatch<Versioned<T>>
}

export interface StrongOptions<T> {
  /** The value until the first write; nothing is written, so all nodes should say the same. @default undefined */
  readonly initial?: T
  /** Every write must carry a token. @default false */
  readonly fenced?: boolean
}

/** What a strong cell stands on. */
export interface StrongHost {
  readonly port: NodePort
  readonly settings: CellsSettings
  readonly state: KeyedState
  /** Throws `foundation/cell-closed` when it is. */
  checkOpen(cell: string): void
  /** A name for the writes of one operation, never used before. */
  writer(): string
  copied(value: unknown, label: string): unknown
}

export class EngineCell<T> implements StrongCell<T> {
  readonly name: string
  readonly nature = 'strong'
  readonly #host: StrongHost
  readonly #options: StrongOptions<T>
  readonly #feeds = new Set<CellFeed<StoredEntry, Versioned<T>>>()
  #heard: StoredEntry = noEntry

  constructor(host: StrongHost, name: string, options: StrongOptions<T>) {
    this.#host = host
    this.name = name
    this.#options = options
  }

  get(): Versioned<T> {
    return this.#shown(this.#heard)
  }

  async read(options: StrongReadOptions = {}): Promise<Versioned<T>> {
    checkOptions('read', options, signalRule)
    const { entry } = await this.#run({ type: 'read' }, options)
    return this.#shown(entry)
  }

  async set(value: T, options: StrongWriteOptions = {}): Promise<number> {
    const token = this.#checkedToken('set', options, signalRule)
    const taken = this.#taken(value)
    const { entry } = await this.#run({ type: 'write', value: () => taken, token }, options)
    return entry.version
  }

  async compareAndSet(version: number, value: T, options: StrongWriteOptions = {}): Promise<CompareAndSet> {
    const token = this.#checkedToken('compareAndSet', options, signalRule)
    const intent = { type: 'compare', version, value: this.#taken(value), token } as const
    const { entry, isWritten } = await this.#run(intent, options)
    return { type: isWritten ? 'written' : 'conflict', version: entry.version }
  }

  async update(change: (current: T) => T, options: StrongUpdateOptions = {}): Promise<Versioned<T>> {
    const token = this.#checkedToken('update', options, { ...signalRule, attemptsMax: rule.optional(rule.int(1)) })
    const value = (current: StrongEntry) => this.#taken(change(this.#shown(current).value))
    const { entry } = await this.#run({ type: 'write', value, token }, options)
    return this.#shown(entry)
  }

  watch(options: CellWatchOptions = {}): CellWatch<Versioned<T>> {
    const { watchersMax } = this.#host.settings
    if (this.#feeds.size >= watchersMax) throw cellFull(this.name, 'watchersMax', [watchersMax, this.#feeds.size + 1])
    const show = (entry: StoredEntry) => this.#shown(entry)
    const feed = new CellFeed<StoredEntry, Versioned<T>>(options, show, (one) => void this.#feeds.delete(one))
    this.#feeds.add(feed)
    feed.tell(this.#heard)
    return feed
  }

  /** What the engine has; what is older than what was heard before is nothing new. Throws `foundation/unreadable-cell`. */
  hear(stored: Pick<StateEntry, 'value' | 'revision'>): void {
    this.#remember(entryOf(this.#host.port.codec, this.name, stored))
  }

  end(): void {
    for (const feed of [...this.#feeds]) feed.end()
  }

  #remember(entry: StoredEntry): void {
    if (entry.revision <= this.#heard.revision) return
    const isChange = entry.version > this.#heard.version
    this.#heard = entry
    if (isChange) for (const feed of [...this.#feeds]) feed.tell(entry)
  }

  /** A write that may have happened is not told as one that did not, though the cell is closed meanwhile. */
  #checkOpen({ cell, doubt }: StrongState): void {
    try {
      this.#host.checkOpen(cell)
    } catch (closed) {
      throw doubt === undefined ? closed : outcomeUnknown(cell, doubt.writer, closed)
    }
  }

  async #run(
    intent: StrongIntent,
    { signal, attemptsMax = this.#host.settings.attemptsMax }: StrongUpdateOptions,
  ): Promise<Extract<StrongCommand, { readonly type: 'done' }>> {
    const writer = this.#host.writer()
    const { name: cell } = this
    let state = newStrong({ cell, intent, writer, attemptsMax, revisionMin: this.#heard.revision })
    let command: StrongCommand = { type: 'read' }
    for (;;) {
      if (command.type === 'done') return command
      if (command.type === 'fail') throw this.#reported(command.error, state)
      signal?.throwIfAborted()
      this.#checkOpen(state)
      const event: StrongEvent = await this.#carryOut(command, state, signal)
      ;[state, command] = strongStep(state, event)
    }
  }

  async #carryOut(
    command: Exclude<StrongCommand, { readonly type: 'done' | 'fail' }>,
    { doubt }: StrongState,
    signal: AbortSignal | undefined,
  ): Promise<StrongEvent> {
    if (command.type === 'wait') await this.#wait(command.failed, signal)
    try {
      if (command.type !== 'write') return { type: 'read', entry: await this.#stored() }
      const revision = await this.#write(command.entry, command.revision)
      this.#remember({ ...command.entry, revision })
      return { type: 'written', revision }
    } catch (thrown) {
      const code = isMabeamError(thrown) ? thrown.code : undefined
      if (code === 'foundation/revision-conflict') return { type: 'conflict' }
      if (code === 'foundation/engine-unavailable') return { type: 'unavailable', cause: thrown }
      throw doubt === undefined ? thrown : outcomeUnknown(this.name, doubt.writer, thrown)
    }
  }

  async #stored(): Promise<StoredEntry> {
    const { state, port } = this.#host
    const stored = await state.get(this.name)
    if (stored === undefined) return noEntry
    const entry = entryOf(port.codec, this.name, stored)
    this.#remember(entry)
    return entry
  }

  async #write(entry: StrongEntry, revision: number): Promise<number> {
    const { state, port } = this.#host
    const bytes = entryBytes(port.codec, this.name, entry)
    return await (revision === 0 ? state.create(this.name, bytes) : state.update(this.name, bytes, revision))
  }

  #wait(failed: number, signal: AbortSignal | undefined): Promise<void> {
    const { port, settings } = this.#host
    const policy = { delayMinMs: settings.retryMinMs, delayMaxMs: settings.retryMaxMs, jitter: 1 }
    return delay(port.clock, retryDelayMs(policy, failed, port.random), signal)
  }

  #shown(entry: StrongEntry): Versioned<T> {
    return { value: (entry.version === 0 ? this.#options.initial : entry.value) as T, version: entry.version }
  }

  #taken(value: T): unknown {
    return this.#host.copied(value, `cell ${this.name}`)
  }

  #checkedToken(
    owner: string,
    options: StrongWriteOptions,
    rules: { readonly [key: string]: OptionRule },
  ): number | undefined {
    checkOptions(owner, options, { ...rules, token: rule.optional(rule.int(0)) })
    if (this.#options.fenced === true && options.token === undefined) {
      throw invalidOption(owner, 'token', 'a token, since the cell is fenced', undefined)
    }
    return options.token
  }

  #reported(error: unknown, { intent, failed }: StrongState): unknown {
    const { telemetry, name: node } = this.#host.port
    if (telemetry.enabled) {
      const code = isMabeamError(error) ? error.code : ''
      const metadata = { node, cell: this.name, doing: intent.type, code }
      telemetry.emit({ name: 'foundation.cell-failed', measurements: { count: 1, retries: failed }, metadata })
    }
    return error
  }
}

const signalRule = { signal: rule.optional(rule.object()) }
