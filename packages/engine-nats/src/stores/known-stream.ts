/**
 * How far this process knows a stream to go that several servers keep. A server that led until a moment ago answers for a moment more as if
 * it still did, above all when it stood still: a watch that began with what that one has would take what it lacks for gone.
 */

/** Longer than it takes until all servers know who leads: what is lacking after that has been lost with the servers. */
export const behindMaxMs = 15_000

export class KnownStream {
  #newest = 0
  #created = ''
  #behindSinceMs: number | undefined

  /** Of the newest message that was written, read or heard of. */
  get newest(): number {
    return this.#newest
  }

  /** When it was made, as a server says: of one that was made anew nothing is known. */
  made(created: string): void {
    if (this.#created !== '' && this.#created !== created) this.#newest = 0
    this.#created = created
  }

  see(sequence: number): void {
    if (sequence > this.#newest) this.#newest = sequence
  }

  /** Whether who answers that the stream goes to `lastSequence` lacks something, and so can't be who leads. */
  isBehind(lastSequence: number, nowMs: number): boolean {
    if (lastSequence >= this.#newest) {
      this.#behindSinceMs = undefined
      return false
    }
    this.#behindSinceMs ??= nowMs
    if (nowMs - this.#behindSinceMs < behindMaxMs) return true
    this.#behindSinceMs = undefined
    this.#newest = lastSequence
    return false
  }
}
