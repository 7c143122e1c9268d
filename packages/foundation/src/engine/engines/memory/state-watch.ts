/** A watch of the memory engine: what it has not told yet, by key, and the telling. */

import { limitReached } from '../../../errors/actor-errors.ts'
import { messageOf } from '../../../errors.ts'
import type { StateChange, StateWatch } from '../../keyed-state.ts'
import { subjectMatcher } from '../../subject.ts'
import type { Entry } from './entry-table.ts'
import { Handover } from './handover.ts'
import { type InLine, Line } from './line.ts'
import type { MemoryPort } from './memory-port.ts'

/** A change on its way: a put with the bytes of the table, which are copied when it is told. */
export type KeptChange = StateChange | (Entry & { readonly type?: undefined })

/** A key that has not been told of, with its newest change. */
interface Untold extends InLine {
  readonly change: KeptChange
}

export interface WatchSettings {
  readonly state: string
  readonly pattern: string
  onChange(change: StateChange): void
  onEnd(): void
}

/**
 * A key waits once, with its newest change, at the place of that change: so nothing older is told after, and the backlog is bounded
 * by the keys. *Runs in* `Turns`.
 */
export class MemoryWatch implements StateWatch {
  readonly lost: Promise<Error>
  readonly matches: (key: string) => boolean
  readonly #port: MemoryPort
  readonly #settings: WatchSettings
  /** A line beside the map: to look for the first of a map that lost its first ones is slow. */
  readonly #waiting = new Map<string, Untold>()
  readonly #inOrder = new Line<Untold>()
  readonly #handover: Handover<KeptChange>
  readonly #ready = Promise.withResolvers<void>()
  readonly #lose: (reason: Error) => void
  /** Who is told of the change with this revision knows of all values there were. */
  #readyRevision = 0
  #isReady = false
  #backlogMax: number

  constructor(port: MemoryPort, settings: WatchSettings) {
    this.#port = port
    this.#settings = settings
    this.matches = subjectMatcher(settings.pattern)
    this.#backlogMax = port.limits.watchBacklogMax
    const { promise, resolve } = Promise.withResolvers<Error>()
    this.lost = promise
    this.#lose = resolve
    // It may be lost before it begins: then nobody waits yet.
    this.#ready.promise.catch(() => {})
    this.#handover = new Handover(port.turns, {
      size: () => this.#waiting.size,
      take: () => this.#take(),
      hand: (change) => this.#hand(change),
      onThrown: (thrown) => port.report('watcher-failed', { state: settings.state, message: messageOf(thrown) }),
    })
  }

  /** Resolves when all values there were have been told of; rejects when the watch was lost before. */
  begin(entries: Iterable<Entry>): Promise<void> {
    for (const entry of entries) {
      if (!this.matches(entry.key)) continue
      this.#add(entry)
      this.#readyRevision = entry.revision
    }
    this.#backlogMax += this.#waiting.size
    if (this.#waiting.size === 0) this.#becomeReady()
    else this.#handover.ask()
    return this.#ready.promise
  }

  tell(change: KeptChange): void {
    const { key } = change
    if (!this.matches(key)) return
    // A value there was that has changed before it was told of: its change is awaited instead.
    if (this.#remove(key) && !this.#isReady) this.#readyRevision = change.revision
    if (this.#waiting.size >= this.#backlogMax) {
      this.lose(limitReached(`watch of ${this.#settings.state}`, 'watchBacklogMax', this.#backlogMax))
      return
    }
    this.#add(change)
    this.#handover.ask()
  }

  /** Resolves when nothing waits. */
  drained(): Promise<void> {
    return this.#handover.drained()
  }

  /** Ends it because it can't go on. */
  lose(reason: Error): void {
    if (this.#handover.ended) return
    this.#port.report('watch-lost', { state: this.#settings.state, message: reason.message })
    this.#end()
    this.#ready.reject(reason)
    this.#lose(reason)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#handover.ended) this.#end()
  }

  #end(): void {
    this.#handover.end()
    this.#waiting.clear()
    this.#inOrder.clear()
    this.#settings.onEnd()
  }

  #add(change: KeptChange): void {
    const untold: Untold = { change, earlier: undefined, later: undefined }
    this.#waiting.set(change.key, untold)
    this.#inOrder.append(untold)
  }

  #remove(key: string): boolean {
    const untold = this.#waiting.get(key)
    if (untold !== undefined) this.#inOrder.remove(untold)
    return this.#waiting.delete(key)
  }

  #take(): KeptChange | undefined {
    const change = this.#inOrder.shift()?.change
    if (change !== undefined) this.#waiting.delete(change.key)
    return change
  }

  #hand(change: KeptChange): void {
    const { key, revision } = change
    try {
      this.#settings.onChange(
        change.type === undefined ? { type: 'put', key, value: new Uint8Array(change.value), revision } : change,
      )
    } finally {
      if (!this.#isReady && revision >= this.#readyRevision) this.#becomeReady()
    }
  }

  #becomeReady(): void {
    this.#isReady = true
    this.#ready.resolve()
  }
}
