/** The nodes of a system, as one of them knows them. */

import type { Member, NodeAttributes } from './member.ts'

/** What a listener is told: a member seen for the first time, or one with a new epoch, status or attributes. */
export interface MemberChange {
  readonly member: Member
  /** What was known of it before. */
  readonly before: Member | undefined
}

/** Asked by directories, placement and people; answers from what it knows, at once. */
export interface Membership extends AsyncDisposable {
  readonly self: Member
  /** All that are known, this node among them, those gone for as long as they are remembered; by name. */
  members(): readonly Member[]
  /** The newest life of that name. */
  member(name: string): Member | undefined
  /**
   * False when most members known here went down, as in the smaller half of a partition, as far as this node can tell:
   * those that said that they leave do not count.
   */
  readonly hasMajority: boolean
  /** When a member was last seen to come, go or change status, on the monotonic clock. */
  readonly lastChangeMs: number
  /** *Runs in* the turn of the news; must not throw. Returns what ends it. */
  onChange(listener: (change: MemberChange) => void): () => void
  /** Resolves when a higher epoch of this node's own name is there: this life is over. Never rejects. */
  readonly replaced: Promise<void>
  /**
   * Says something new about this node, at most once in `attributesMs` times the number of members; the newest is said.
   * The others hear of it within seconds after.
   */
  update(attributes: Partial<NodeAttributes>): void
  /** Says that this node leaves, then ends. Idempotent. */
  close(): Promise<void>
}
