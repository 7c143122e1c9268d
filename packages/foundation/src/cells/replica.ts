/** This node's replica of one eventual cell: its state, its limits and those who watch it. */

import { cellFull } from '../errors/cell-errors.ts'
import type { CellsSettings } from './cell-options.ts'
import { CellFeed, type CellWatch, type CellWatchOptions } from './cell-watch.ts'
import type { Author, Crdt } from './crdts/crdt.ts'
import type { Stamp } from './hybrid-clock.ts'

/** What a replica asks of the node's part that gossips. */
export interface ReplicaHost {
  readonly settings: CellsSettings
  /** Throws `foundation/cell-closed` when it is. */
  author(cell: string): Author
  changed(cell: string): void
  /** Bytes of a value as sent. */
  copied(value: unknown, label: string): unknown
}

/** One at a time and in the caller's turn: nothing here waits. */
export class Replica<State, Op, Value> {
  readonly name: string
  readonly crdt: Crdt<State, Op, Value>
  readonly #host: ReplicaHost
  readonly #feeds = new Set<CellFeed<State, Value>>()
  #state: State
  #unsent: State
  #value: { readonly of: State; readonly value: Value } | undefined
  #digest: { readonly of: State; readonly digest: string } | undefined

  constructor(host: ReplicaHost, name: string, crdt: Crdt<State, Op, Value>) {
    this.#host = host
    this.name = name
    this.crdt = crdt
    this.#state = crdt.empty
    this.#unsent = crdt.empty
  }

  get state(): State {
    return this.#state
  }

  get value(): Value {
    if (this.#value === undefined || this.#value.of !== this.#state) {
      this.#value = { of: this.#state, value: this.crdt.value(this.#state) }
    }
    return this.#value.value
  }

  get digest(): string {
    if (this.#digest === undefined || this.#digest.of !== this.#state) {
      this.#digest = { of: this.#state, digest: this.crdt.digest(this.#state) }
    }
    return this.#digest.digest
  }

  /** Throws `foundation/cell-full` when it would grow over a limit, and `foundation/cell-closed`. */
  apply(op: Op): void {
    const delta = this.crdt.apply(this.#state, op, this.#host.author(this.name))
    const next = this.crdt.merge(this.#state, delta)
    if (next === this.#state) return
    this.#checkSize(next)
    this.#unsent = this.crdt.merge(this.#unsent, delta)
    this.#become(next)
    this.#host.changed(this.name)
  }

  /** A value of a write: a copy of the caller's own, within the limit. */
  taken<T>(value: T): T {
    return this.#host.copied(value, `cell ${this.name}`) as T
  }

  /** Never refused for a limit: replicas that leave out what others hold would differ for ever. */
  merge(delta: unknown): void {
    const next = this.crdt.merge(this.#state, delta as State)
    if (next !== this.#state) this.#become(next)
  }

  latest(delta: unknown): Stamp | undefined {
    return this.crdt.latest(delta as State)
  }

  /** What was changed here since it was last asked. */
  takeUnsent(): State {
    const unsent = this.#unsent
    this.#unsent = this.crdt.empty
    return unsent
  }

  watch(options: CellWatchOptions): CellWatch<Value> {
    const { watchersMax } = this.#host.settings
    if (this.#feeds.size >= watchersMax) throw cellFull(this.name, 'watchersMax', [watchersMax, this.#feeds.size + 1])
    const feed = new CellFeed<State, Value>(options, this.crdt.value, (one) => void this.#feeds.delete(one))
    this.#feeds.add(feed)
    feed.tell(this.#state)
    return feed
  }

  end(): void {
    for (const feed of [...this.#feeds]) feed.end()
  }

  #become(next: State): void {
    this.#state = next
    for (const feed of [...this.#feeds]) feed.tell(next)
  }

  /** What shrinks or stays is always allowed, so that a cell over its limit can be emptied. */
  #checkSize(next: State): void {
    const { entriesMax, replicasMax } = this.#host.settings
    const [was, is] = [this.crdt.size(this.#state), this.crdt.size(next)]
    if (is.entries > was.entries && is.entries > entriesMax) {
      throw cellFull(this.name, 'entriesMax', [entriesMax, is.entries])
    }
    if (is.replicas > was.replicas && is.replicas > replicasMax) {
      throw cellFull(this.name, 'replicasMax', [replicasMax, is.replicas])
    }
  }
}
