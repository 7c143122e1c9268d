/**
 * A local copy of keyed state, kept by one watch; what was removed while it was lost is told as removed. What it says is a hint
 * that may be late; a write by revision finds that out.
 */

import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import { KeptWatch } from './kept-watch.ts'
import type { KeyedState, StateChange, StateEntry } from './keyed-state.ts'

export interface WatchedStateOptions {
  readonly clock: Clock
  readonly random: Random
  /** Called after the copy has changed; must not throw. */
  readonly onChange: (change: StateChange) => void
}

export class WatchedState implements AsyncDisposable {
  readonly #options: WatchedStateOptions
  readonly #watch: KeptWatch
  readonly #entries = new Map<string, StateEntry>()
  /** Keys told of while a watch begins. */
  #told: Set<string> | undefined
  #seenRevision = 0

  constructor(state: KeyedState, options: WatchedStateOptions) {
    const { clock, random } = options
    this.#options = options
    this.#watch = new KeptWatch({
      state,
      clock,
      random,
      onBegin: () => {
        this.#told = new Set()
      },
      onChange: (change) => this.#take(change),
      onCurrent: () => this.#forgetUntold(),
    })
  }

  /** Resolves when the copy holds what was there. */
  async open(): Promise<void> {
    await this.#watch.open()
  }

  get(key: string): StateEntry | undefined {
    return this.#entries.get(key)
  }

  get entries(): Iterable<StateEntry> {
    return this.#entries.values()
  }

  /** Of the newest change told of, whatever its key. */
  get seenRevision(): number {
    return this.#seenRevision
  }

  /** What this node wrote itself, known before the watch tells of it. */
  note(entry: StateEntry): void {
    const known = this.#entries.get(entry.key)
    // Changes are told in order: one that the watch has passed by was removed since, or is replaced by what is still to come.
    if (known === undefined ? entry.revision <= this.#seenRevision : known.revision >= entry.revision) return
    this.#told?.add(entry.key)
    this.#entries.set(entry.key, entry)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watch[Symbol.asyncDispose]()
  }

  #take(change: StateChange): void {
    this.#told?.add(change.key)
    this.#seenRevision = Math.max(this.#seenRevision, change.revision)
    const known = this.#entries.get(change.key)
    // What this node has noted itself comes again, and is no news.
    if (known !== undefined && known.revision > change.revision) return
    if (change.type === 'put') {
      const { key, value, revision } = change
      this.#entries.set(key, { key, value, revision })
    } else this.#entries.delete(change.key)
    this.#options.onChange(change)
  }

  #forgetUntold(): void {
    const told = this.#told
    this.#told = undefined
    for (const { key, revision } of [...this.#entries.values()]) {
      if (told === undefined || told.has(key)) continue
      this.#entries.delete(key)
      this.#options.onChange({ type: 'delete', key, revision, expired: false })
    }
  }
}
