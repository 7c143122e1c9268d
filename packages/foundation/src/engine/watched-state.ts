/**
 * A local copy of keyed state, kept by one watch: opened again when it is lost, with what was removed meanwhile told as removed.
 * What it says is a hint that may be late; a write by revision finds that out.
 */

import type { CancelTimer, Clock } from '../clock.ts'
import type { KeyedState, StateChange, StateEntry, StateWatch } from './keyed-state.ts'

export interface WatchedStateOptions {
  readonly clock: Clock
  /** @default every key */
  readonly pattern?: string
  /** How long to wait before a lost watch is opened again. @default 500 */
  readonly retryMs?: number
  /** Called after the copy has changed; must not throw. */
  readonly onChange: (change: StateChange) => void
}

export class WatchedState implements AsyncDisposable {
  readonly #state: KeyedState
  readonly #options: WatchedStateOptions
  readonly #entries = new Map<string, StateEntry>()
  #watch: StateWatch | undefined
  #cancelRetry: CancelTimer | undefined
  /** Keys told of while a watch is being opened. */
  #told: Set<string> | undefined
  #seenRevision = 0
  #closed = false

  constructor(state: KeyedState, options: WatchedStateOptions) {
    this.#state = state
    this.#options = options
  }

  /** Resolves when the copy holds what was there. */
  async open(): Promise<void> {
    const told = new Set<string>()
    this.#told = told
    const watch = await this.#state.watch(this.#options.pattern ?? '>', (change) => {
      if (this.#told === told) told.add(change.key)
      if (!this.#closed) this.#take(change)
    })
    if (this.#closed) return await watch[Symbol.asyncDispose]()
    this.#watch = watch
    this.#told = undefined
    this.#forgetUntold(told)
    watch.lost.then(() => {
      if (this.#watch === watch) this.#reopen()
    })
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
    if (known === undefined || known.revision < entry.revision) this.#entries.set(entry.key, entry)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#cancelRetry?.()
    const watch = this.#watch
    this.#watch = undefined
    await watch?.[Symbol.asyncDispose]()
  }

  #take(change: StateChange): void {
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

  #forgetUntold(told: ReadonlySet<string>): void {
    for (const { key, revision } of [...this.#entries.values()]) {
      if (told.has(key)) continue
      this.#entries.delete(key)
      this.#options.onChange({ type: 'delete', key, revision, expired: false })
    }
  }

  #reopen(): void {
    if (this.#closed) return
    this.open().catch(() => {
      if (this.#closed) return
      const { clock, retryMs = 500 } = this.#options
      this.#cancelRetry = clock.setTimer(retryMs, () => this.#reopen(), { unref: true })
    })
  }
}
