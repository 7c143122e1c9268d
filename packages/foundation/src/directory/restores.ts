/** When records of this node that others removed are put back: at once the first time, ever later when it happens again. */

interface Restore {
  readonly isWanted: boolean
  readonly dueMs: number
  /** Times in a row. */
  readonly times: number
  readonly lastMs: number
}

const delayMinMs = 250
const delayMaxMs = 10_000
/** After so long without another removal it is as if there had been none. */
const calmMs = 60_000

/**
 * Ensures: two nodes that disagree about whether the owner lives, one removing and one putting back, do not do it faster
 * and faster, but once in ten seconds in the end.
 */
export class Restores {
  readonly #restores = new Map<string, Restore>()

  get size(): number {
    return this.#restores.size
  }

  /** The record is missing, or could not be put back. */
  want(key: string, atMs: number): void {
    const before = this.#restores.get(key)
    if (before?.isWanted) return
    const times = before !== undefined && atMs - before.lastMs < calmMs ? before.times + 1 : 0
    const waitMs = times === 0 ? 0 : Math.min(delayMaxMs, delayMinMs * 2 ** times)
    this.#restores.set(key, { isWanted: true, dueMs: atMs + waitMs, times, lastMs: atMs + waitMs })
  }

  /** What is to be put back now. */
  due(atMs: number): readonly string[] {
    const keys: string[] = []
    for (const [key, one] of this.#restores) {
      if (one.isWanted && one.dueMs <= atMs) {
        this.#restores.set(key, { ...one, isWanted: false })
        keys.push(key)
      } else if (!one.isWanted && atMs - one.lastMs >= calmMs) {
        this.#restores.delete(key)
      }
    }
    return keys
  }

  /** Nobody wants it any more. */
  forget(key: string): void {
    this.#restores.delete(key)
  }
}
