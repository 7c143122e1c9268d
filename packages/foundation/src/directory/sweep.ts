/** Which records of owners that are gone are to be removed, and when: what one node decides, without doing it. */

import type { Member } from '../membership/member.ts'
import type { DirectoryRecord } from './directory-record.ts'
import { type Ownership, ownershipOf } from './ownership.ts'

export interface SweepTimings {
  /** Where several nodes could remove a record one begins, and the others follow after so long. */
  readonly sweepFollowMs: number
  /** Records of owners nobody has heard of stay so long. */
  readonly unknownGraceMs: number
}

/** A record to be removed, if it still has that revision. */
export type SweepTarget = Pick<DirectoryRecord, 'key' | 'revision' | 'node'>

interface Doubt extends SweepTarget {
  readonly ownership: Exclude<Ownership, 'kept'>
  readonly sinceMs: number
}

/** Removals in one go; the rest waits for the next. */
const sweepsMax = 1_000

export class Sweep {
  readonly #timings: SweepTimings
  readonly #doubts = new Map<string, Doubt>()

  constructor(timings: SweepTimings) {
    this.#timings = timings
  }

  /** Records in doubt. */
  get size(): number {
    return this.#doubts.size
  }

  /** Looks at a record that is new, or whose owner is in another state now. */
  look(record: DirectoryRecord, member: Member | undefined, atMs: number): void {
    const ownership = ownershipOf(record, member)
    const { key, revision, node } = record
    if (ownership === 'kept') return void this.#doubts.delete(key)
    const before = this.#doubts.get(key)
    const isSame = before?.revision === revision && before.ownership === ownership
    this.#doubts.set(key, { key, revision, node, ownership, sinceMs: isSame ? before.sinceMs : atMs })
  }

  /** The record is gone. */
  forget(key: string): void {
    this.#doubts.delete(key)
  }

  /**
   * What is to be removed now. `isFirst` says whether this node is the one to begin with the records of another.
   *
   * Ensures: never one whose owner is there, or lives a newer life than is known here; each at the revision that was
   * looked at, so that what was written meanwhile stays.
   */
  due(atMs: number, isFirst: (node: string) => boolean): readonly SweepTarget[] {
    const targets: SweepTarget[] = []
    for (const one of this.#doubts.values()) {
      if (targets.length === sweepsMax) break
      const graceMs = one.ownership === 'unknown' ? this.#timings.unknownGraceMs : 0
      const followMs = isFirst(one.node) ? 0 : this.#timings.sweepFollowMs
      if (atMs - one.sinceMs >= graceMs + followMs) targets.push(one)
    }
    return targets
  }
}
