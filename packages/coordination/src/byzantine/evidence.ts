/**
 * Proof that a member has broken the rules, which anybody can check who knows the agreement. Silence, slowness and bad
 * signatures are no proof: the network could have done it, or somebody else.
 */

import type { Agreement } from './agreement.ts'
import { leaderOf } from './agreement.ts'
import type { Authentication } from './authentication.ts'
import { isPlace } from './committee.ts'
import { isAllowed } from './forced-value.ts'
import type { Proposal } from './message.ts'
import type { Statement, Vote } from './statement.ts'
import { Verifier } from './verifier.ts'

/** Something that a member has said, with its signature. */
export interface Signed<S extends Statement = Statement> {
  readonly member: number
  readonly statement: S
  readonly signature: Uint8Array
}

export type TimeoutStatement = Extract<Statement, { readonly type: 'timeout' }>

export type Evidence =
  /** Two ballots, two proposals or two votes of a phase in one view, or two time-outs of one view. */
  | { readonly kind: 'contradiction'; readonly first: Signed; readonly second: Signed }
  /** It gave up a view and reports less than it had done by then. */
  | { readonly kind: 'amnesia'; readonly vote: Signed<Vote>; readonly timeout: Signed<TimeoutStatement> }
  /** It reports a vote in that view for something else. */
  | { readonly kind: 'false-report'; readonly vote: Signed<Vote>; readonly timeout: Signed<TimeoutStatement> }
  /** As leader it proposed what the time-outs that it itself shows forbid. */
  | { readonly kind: 'forbidden-proposal'; readonly proposal: Proposal }

/** Who judges: nothing of it comes from whoever brings the evidence. */
export interface EvidenceJudge {
  readonly agreement: Agreement
  readonly authentication: Authentication
}

/**
 * The place of the member that the evidence convicts, or nothing when it proves nothing. Trusts nobody: every signature is
 * checked here. With `kernel` and `mac` it convinces only those who trust them.
 */
export function verifyEvidence(judge: EvidenceJudge, evidence: Evidence): number | undefined {
  return culpritOf(new Verifier({ agreement: judge.agreement, authentication: judge.authentication }), evidence)
}

/** The same with signatures that this node has seen looked at once. */
export function culpritOf(verifier: Verifier, evidence: Evidence): number | undefined {
  if (evidence.kind === 'forbidden-proposal') return proposerOf(verifier, evidence.proposal)
  const [first, second] =
    evidence.kind === 'contradiction' ? [evidence.first, evidence.second] : [evidence.vote, evidence.timeout]
  if (first.member !== second.member || !isPlace(verifier.agreement.committee, first.member)) return undefined
  if (!contradicts(verifier.agreement, evidence)) return undefined
  const isProved = [first, second].every((one) => verifier.isSigned(one.member, one.statement, one.signature))
  return isProved ? first.member : undefined
}

function contradicts(
  agreement: Agreement,
  evidence: Exclude<Evidence, { readonly kind: 'forbidden-proposal' }>,
): boolean {
  if (evidence.kind === 'contradiction') {
    const { first, second } = evidence
    return (
      isContradiction(first.statement, second.statement) &&
      mayPropose(agreement, first) &&
      mayPropose(agreement, second)
    )
  }
  const { vote, timeout } = evidence
  const contradict = evidence.kind === 'amnesia' ? isAmnesia : isFalseReport
  return contradict(vote.statement, timeout.statement)
}

/** Whether nobody who follows the rules says both. */
export function isContradiction(first: Statement, second: Statement): boolean {
  if (first.type === 'timeout' && second.type === 'timeout') {
    return first.view === second.view && !isSameReport(first, second)
  }
  if (first.type === 'timeout' || second.type === 'timeout') return false
  if (first.type !== second.type || first.digest === second.digest) return false
  return viewOf(first) === viewOf(second)
}

/** Whether it gave up that view or a later one without saying that it had voted. */
export function isAmnesia(vote: Vote, timeout: TimeoutStatement): boolean {
  if (timeout.type !== 'timeout' || timeout.view < vote.view) return false
  if (vote.type === 'vote2') return timeout.qcView < vote.view
  return vote.type === 'vote1' && timeout.voteView < vote.view
}

/** Whether it says that it voted for something else in that view. */
export function isFalseReport(vote: Vote, timeout: TimeoutStatement): boolean {
  if (timeout.type !== 'timeout' || vote.type !== 'vote1') return false
  return timeout.voteView === vote.view && timeout.voteDigest !== vote.digest
}

/** Only a leader proposes: a proposal of somebody else is noise. */
function mayPropose(agreement: Agreement, { member, statement }: Signed): boolean {
  return statement.type !== 'propose' || leaderOf(agreement, statement.view) === member
}

function isSameReport(a: TimeoutStatement, b: TimeoutStatement): boolean {
  const isSameQc = a.qcView === b.qcView && a.qcDigest === b.qcDigest
  return isSameQc && a.voteView === b.voteView && a.voteDigest === b.voteDigest
}

function viewOf(statement: Exclude<Statement, TimeoutStatement>): number {
  return statement.type === 'input' ? -1 : statement.view
}

/** The leader, if what it signed forbids itself. Signatures inside are not bound by its own, so what they rest on must be proved too. */
function proposerOf(verifier: Verifier, proposal: Proposal): number | undefined {
  const { view, digest, tc } = proposal
  if (!verifier.isProposed(proposal)) return undefined
  const leader = leaderOf(verifier.agreement, view)
  if ((view === 0) !== (tc === undefined)) return leader
  if (tc === undefined) return undefined
  if (tc.view !== view - 1) return leader
  return verifier.isTimeoutCertificate(tc) && !isAllowed(verifier.forced(tc), digest) ? leader : undefined
}
