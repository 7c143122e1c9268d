/**
 * Why names of a node are gone, for those who still call by them: a supervisor that gave up took them along, and nothing else is left
 * to ask. Bounded, whatever gives up.
 */

/** Names whose end is remembered; for one more the one remembered longest is forgotten. */
export const goneNamesMax = 1_000

/** Characters of what is remembered of each; the rest is cut. */
export const goneReasonLengthMax = 1_000

/** *Runs in* the turn in which a supervisor gives up, a name is taken, or somebody calls by one that is gone. */
export class GoneNames {
  /** In the order in which they were remembered. */
  readonly #reasons = new Map<string, string>()

  remember(name: string, reason: string): void {
    this.#reasons.delete(name)
    this.#reasons.set(name, bounded(reason))
    if (this.#reasons.size <= goneNamesMax) return
    for (const oldest of this.#reasons.keys()) return void this.#reasons.delete(oldest)
  }

  /** Somebody has the name again. */
  forget(name: string): void {
    this.#reasons.delete(name)
  }

  reasonOf(name: string | undefined): string | undefined {
    return name === undefined ? undefined : this.#reasons.get(name)
  }
}

function bounded(reason: string): string {
  return reason.length > goneReasonLengthMax ? `${reason.slice(0, goneReasonLengthMax - 3)}...` : reason
}
