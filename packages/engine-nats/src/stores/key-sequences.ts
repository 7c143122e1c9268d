/**
 * What this process knows of the newest messages of keys, for streams that are kept by several servers: a read is answered by any
 * of them, and one that is older than what was written or read here is asked of the leader again.
 */

const keysMax = 4_096

/** Bounded: of the keys that were touched longest ago it knows nothing. */
export class KeySequences {
  readonly #byKey = new Map<string, number>()

  /** A message of the key was seen. */
  see(key: string, sequence: number): void {
    const known = this.#byKey.get(key) ?? 0
    this.#byKey.delete(key)
    this.#byKey.set(key, Math.max(known, sequence))
    if (this.#byKey.size <= keysMax) return
    for (const oldest of this.#byKey.keys()) {
      this.#byKey.delete(oldest)
      return
    }
  }

  /** Whether something newer was seen of the key. */
  isOld(key: string, sequence: number): boolean {
    return sequence < (this.#byKey.get(key) ?? 0)
  }
}
