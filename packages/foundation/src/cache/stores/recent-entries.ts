/** Entries in order of use, at most so many: a `Map` keeps insertion order, so the first key is the least recent. */

export class RecentEntries<V = string> {
  readonly #entries = new Map<string, V>()
  readonly #entriesMax: number

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  get size(): number {
    return this.#entries.size
  }

  /** Counts as a use. */
  get(key: string): V | undefined {
    const value = this.#entries.get(key)
    if (value === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, value)
    return value
  }

  /** Returns the key that was forgotten to make room, if any. */
  set(key: string, value: V): string | undefined {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#entriesMax) return undefined
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      return oldest
    }
    return undefined
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }

  /** From the least to the most recently used. */
  [Symbol.iterator](): IterableIterator<[string, V]> {
    return this.#entries[Symbol.iterator]()
  }
}
