/** What a value is called, and whether it could be decided at all. */

import type { Agreement } from './agreement.ts'
import { CanonicalBytes, type Digest, hashOf } from './canonical-bytes.ts'
import { isPlace, weightOf } from './committee.ts'
import type { BallotEntry, SignedBallot, Value } from './message.ts'

/** Over what a value says, not over the signatures that prove it: these may differ and it is the same value. */
export function digestOfValue(value: Value): Digest {
  const bytes = new CanonicalBytes().text(value.type)
  if (value.type === 'plain') return bytes.bytes(value.bytes).hash()
  bytes.uint32(value.entries.length)
  for (const { member, ballot, second } of value.entries) {
    bytes.uint32(member).digest(hashOf(ballot))
    if (second === undefined) bytes.uint32(0)
    else bytes.uint32(1).digest(hashOf(second.ballot))
  }
  return bytes.hash()
}

/** Ballots by member as a value, in its one order. */
export function ballotValue(inputs: readonly (readonly SignedBallot[] | undefined)[]): Value {
  const entries: BallotEntry[] = []
  for (const [member, given] of inputs.entries()) {
    const [first, second] = (given ?? []).toSorted((a, b) => (hashOf(a.ballot) < hashOf(b.ballot) ? -1 : 1))
    if (first === undefined) continue
    const { ballot, signature } = first
    entries.push({
      member,
      ballot,
      signature,
      second: second && { ballot: second.ballot, signature: second.signature },
    })
  }
  return { type: 'ballots', entries }
}

/** The ballots that count: those of members that gave one only. */
export function countedBallots(value: Value): readonly SignedBallot[] {
  return value.type === 'ballots' ? value.entries.filter(({ second }) => second === undefined) : []
}

/** What is needed to judge a value. */
export interface ValueJudge {
  readonly agreement: Agreement
  readonly isAcceptable: (bytes: Uint8Array) => boolean
  readonly isBallot: (ballot: SignedBallot) => boolean
}

/**
 * Whether that value could be decided: of the kind the agreement is about, each part acceptable, and of ballots at least a
 * quorum that counts, so that honest members have at least `W - 2 F` in it. What one member alone has seen never matters.
 */
export function isValueValid({ agreement, isAcceptable, isBallot }: ValueJudge, value: Value): boolean {
  if (value.type === 'plain') {
    return agreement.subject === 'value' && isAcceptable(value.bytes)
  }
  if (agreement.subject !== 'ballots') return false
  let last = -1
  for (const { member, ballot, signature, second } of value.entries) {
    if (!isPlace(agreement.committee, member) || member <= last) return false
    last = member
    if (!isBallot({ member, ballot, signature })) return false
    if (second === undefined) continue
    if (hashOf(ballot) >= hashOf(second.ballot) || !isBallot({ member, ...second })) return false
  }
  const counted = countedBallots(value).map(({ member }) => member)
  return weightOf(agreement.committee, counted) >= agreement.committee.quorumWeight
}
