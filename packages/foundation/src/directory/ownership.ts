/** Whether the owner of a record is still there, as far as one node knows. */

import { isGone, type Member } from '../membership/member.ts'
import type { DirectoryRecord } from './directory-record.ts'

/**
 * `kept`: its owner is there, or a newer life of it than is known here. `abandoned`: the owner is gone, in that life.
 * `unknown`: nobody has heard of the owner, which may be about to say hello.
 */
export type Ownership = 'kept' | 'abandoned' | 'unknown'

/** `member` is the newest life known of the node that owns the record. */
export function ownershipOf(
  record: Pick<DirectoryRecord, 'epoch'>,
  member: Pick<Member, 'epoch' | 'status'> | undefined,
): Ownership {
  if (member === undefined) return 'unknown'
  if (member.epoch > record.epoch) return 'abandoned'
  if (member.epoch < record.epoch) return isGone(member.status) ? 'unknown' : 'kept'
  return isGone(member.status) ? 'abandoned' : 'kept'
}
