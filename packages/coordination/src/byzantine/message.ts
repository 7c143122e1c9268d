/**
 * What members send each other. Certificates and justified proposals prove themselves: it does not matter who sends them.
 * Messages are plain data; what has been received is never changed.
 */

import type { Digest } from './canonical-bytes.ts'
import type { Report } from './statement.ts'

/** A ballot, signed by the member it is of. */
export interface SignedBallot {
  readonly member: number
  readonly ballot: Uint8Array
  readonly signature: Uint8Array
}

/** A ballot in a set. With a second one it is void, and both are the proof. */
export interface BallotEntry extends SignedBallot {
  readonly second: Omit<SignedBallot, 'member'> | undefined
}

/** What is decided on: ballots of a quorum, in the order of members, or one value. */
export type Value =
  | { readonly type: 'ballots'; readonly entries: readonly BallotEntry[] }
  | { readonly type: 'plain'; readonly bytes: Uint8Array }

export interface SignedVote {
  readonly member: number
  readonly signature: Uint8Array
}

/**
 * Votes of a quorum, for one digest in one view. Of phase 1 it is the QC1 that prepares; of phase 2, or of phase 1 and of all
 * members, it decides (QC2, FC).
 */
export interface Certificate {
  readonly phase: 1 | 2
  readonly view: number
  readonly digest: Digest
  readonly votes: readonly SignedVote[]
}

/** A leader's word for a value, with what allows it to propose it: for a view above 0 the time-outs of the view before. */
export interface Proposal {
  readonly view: number
  readonly digest: Digest
  readonly tc: TimeoutCertificate | undefined
  /** By the leader of the view. */
  readonly signature: Uint8Array
}

export interface SignedReport extends Report {
  readonly member: number
  readonly signature: Uint8Array
}

/**
 * That a quorum has given up a view, and all that its members may have decided before: the one certificate of the highest
 * view reported, and the proposals behind votes that were given later than that.
 */
export interface TimeoutCertificate {
  readonly view: number
  readonly reports: readonly SignedReport[]
  readonly qc: Certificate | undefined
  readonly proposals: readonly Proposal[]
}

export interface InputMessage extends SignedBallot {
  readonly type: 'input'
}

export interface ProposeMessage {
  readonly type: 'propose'
  readonly proposal: Proposal
  readonly value: Value
}

export interface VoteMessage extends SignedVote {
  readonly type: 'vote1' | 'vote2'
  readonly view: number
  readonly digest: Digest
}

export interface PreparedMessage {
  readonly type: 'prepared'
  readonly qc: Certificate
}

export interface DecideMessage {
  readonly type: 'decide'
  readonly certificate: Certificate
  readonly value: Value
}

export interface TimeoutMessage extends SignedReport {
  readonly type: 'timeout'
  readonly view: number
  /** What is reported, so that the next leader can propose it again; a value that is both stands only once, as `qcValue`. */
  readonly qc: Certificate | undefined
  readonly qcValue: Value | undefined
  readonly proposal: Proposal | undefined
  readonly voteValue: Value | undefined
}

export type Message = InputMessage | ProposeMessage | VoteMessage | PreparedMessage | DecideMessage | TimeoutMessage

/** A message and the agreement it is of. */
export interface Envelope {
  readonly agreement: Digest
  readonly epoch: number
  readonly message: Message
}
