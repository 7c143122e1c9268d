/** The tier of a cache in this process: bounded, with the tags of each value, and never older than the time to live. */

import type { Clock } from '../clock.ts'
import { RecentEntries } from './stores/recent-entries.ts'

export interface CachedValue {
  readonly value: unknown
  /** Of the write in the shared tier; 0 where there is none. */
  readonly revision: number
  readonly tags: readonly string[]
  readonly untilMs: number
}

export class CachedValues {
  readonly #clock: Clock
  readonly #ttlMs: number
  readonly #values: RecentEntries<CachedValue>
  evictions = 0

  constructor(settings: { readonly clock: Clock; readonly ttlMs: number; readonly entriesMax: number }) {
    this.#clock = settings.clock
    this.#ttlMs = settings.ttlMs
    this.#values = new RecentEntries(settings.entriesMax)
  }

  get size(): number {
    return this.#values.size
  }

  get(key: string): CachedValue | undefined {
    const held = this.#values.get(key)
    if (held === undefined || this.#clock.monotonicMs() < held.untilMs) return held
    this.#values.delete(key)
    return undefined
  }

  /** `ageMs` is the part of its time to live that is over already. */
  set(key: string, value: Omit<CachedValue, 'untilMs'>, ageMs = 0): void {
    const untilMs = this.#clock.monotonicMs() + this.#ttlMs - ageMs
    if (this.#values.set(key, { ...value, untilMs }) !== undefined) this.evictions++
  }

  /** Forgets the value unless it is of that write or a later one. */
  forget(key: string, before = Number.POSITIVE_INFINITY): void {
    const held = this.#values.get(key)
    if (held !== undefined && held.revision < before) this.#values.delete(key)
  }

  forgetTag(tag: string): void {
    for (const [key, { tags }] of [...this.#values]) if (tags.includes(tag)) this.#values.delete(key)
  }

  clear(): void {
    this.#values.clear()
  }
}
