/**
 * Whether what is received is proved, asked once. One verifier serves all members on a node, since they trust its kernel
 * anyway; a verdict is never taken over from another node. What was found is remembered by the identity of the object, so a
 * message is not changed after it was received.
 */

import { checkOptions, rule } from '@mabeam/foundation'
import { type Agreement, leaderOf } from './agreement.ts'
import type { Authentication } from './authentication.ts'
import { CanonicalBytes, type Digest, hashOf, noDigest } from './canonical-bytes.ts'
import { isPlace, weightOf } from './committee.ts'
import { isAllowed } from './forced-value.ts'
import type { Certificate, Proposal, SignedBallot, TimeoutCertificate, TimeoutMessage, Value } from './message.ts'
import { digestOfValue, isValueValid } from './proposed-value.ts'
import { type Report, type Statement, StatementEncoder } from './statement.ts'
import { VerifiedSignatures } from './verified-signatures.ts'
import { type VotingRules, votingRules } from './voting-rules.ts'

export interface VerifierOptions {
  readonly agreement: Agreement
  readonly authentication: Authentication
  /** The application's own rule for a ballot or a value: the same at all members, and of the bytes alone. @default all are acceptable */
  readonly accepts?: (bytes: Uint8Array) => boolean
  /** How many good signatures are remembered by what they say, for those that come in another message again. @default 20000 */
  readonly signaturesMax?: number
  /** For test suites. @default votingRules */
  readonly rules?: VotingRules
}

export const verifierDefaults = { signaturesMax: 20_000 } as const satisfies Partial<VerifierOptions>

export class Verifier {
  readonly agreement: Agreement
  readonly authentication: Authentication
  readonly rules: VotingRules
  readonly #accepts: (bytes: Uint8Array) => boolean
  readonly #encoder: StatementEncoder
  readonly #signatures: VerifiedSignatures
  readonly #verdicts = new WeakMap<object, boolean>()
  readonly #digests = new WeakMap<object, Digest>()
  #verifications = 0

  constructor(options: VerifierOptions) {
    checkOptions('Verifier', options, {
      agreement: rule.object(),
      authentication: rule.having('verify'),
      accepts: rule.optional(rule.fn()),
      signaturesMax: rule.optional(rule.int(1)),
      rules: rule.optional(rule.object()),
    })
    const { agreement, authentication, accepts = () => true, signaturesMax, rules = votingRules } = options
    this.#signatures = new VerifiedSignatures(signaturesMax ?? verifierDefaults.signaturesMax)
    this.agreement = agreement
    this.authentication = authentication
    this.rules = rules
    this.#accepts = accepts
    this.#encoder = new StatementEncoder(agreement)
  }

  /** How many signatures were looked at. */
  get verifications(): number {
    return this.#verifications
  }

  /** What a member signs to say that. */
  bytesOf(statement: Statement): Uint8Array {
    return this.#encoder.encode(statement)
  }

  /** Whether that member has signed that. */
  isSigned(member: number, statement: Statement, signature: Uint8Array): boolean {
    return this.#isSigned(member, this.bytesOf(statement), signature)
  }

  /** Whether those bytes would do as a ballot or value. */
  isAcceptable(bytes: Uint8Array): boolean {
    return bytes.length <= this.agreement.bytesMax && this.#accepts(bytes)
  }

  isBallot({ member, ballot, signature }: SignedBallot): boolean {
    if (!this.isAcceptable(ballot)) return false
    return this.isSigned(member, { type: 'input', digest: hashOf(ballot) }, signature)
  }

  isValue(value: Value): boolean {
    return this.#once(value, () => {
      const [isAcceptable, isBallot] = [this.isAcceptable.bind(this), this.isBallot.bind(this)]
      const judge = { agreement: this.agreement, isAcceptable, isBallot }
      return isValueValid(judge, value)
    })
  }

  digestOf(value: Value): Digest {
    return this.#digest(value, () => digestOfValue(value))
  }

  /** Whether those are votes of a quorum. */
  isCertificate(certificate: Certificate): boolean {
    return this.#once(certificate, () => {
      const { phase, view, digest, votes } = certificate
      if (!this.#isQuorum(votes)) return false
      const bytes = this.bytesOf({ type: phase === 1 ? 'vote1' : 'vote2', view, digest })
      return votes.every(({ member, signature }) => this.#isSigned(member, bytes, signature))
    })
  }

  /** Whether it decides: the second phase, or the fast path. */
  isDecision(certificate: Certificate): boolean {
    const { fastPath, committee } = this.agreement
    const decides = certificate.phase === 2 || (fastPath && certificate.votes.length === committee.members.length)
    return decides && this.isCertificate(certificate)
  }

  /** Whether the leader of its view has proposed that, and was allowed to. */
  isProposal(proposal: Proposal): boolean {
    return this.#once(proposal, () => {
      const { view, digest, tc } = proposal
      if (!this.isProposed(proposal)) return false
      if (view === 0 || tc === undefined) return view === 0 && tc === undefined
      return tc.view === view - 1 && this.isTimeoutCertificate(tc) && isAllowed(this.forced(tc), digest)
    })
  }

  /** Whether the leader of its view has signed that, allowed or not. */
  isProposed({ view, digest, tc, signature }: Proposal): boolean {
    const statement: Statement = { type: 'propose', view, digest, justification: this.justificationOf(tc) }
    return this.isSigned(leaderOf(this.agreement, view), statement, signature)
  }

  forced(tc: TimeoutCertificate): ReturnType<VotingRules['forced']> {
    return this.rules.forced(this.agreement, tc)
  }

  /** A hash over what those time-outs say and rest on, which a proposal binds. */
  justificationOf(tc: TimeoutCertificate | undefined): Digest {
    if (tc === undefined) return noDigest
    return this.#digest(tc, () => {
      const bytes = new CanonicalBytes().view(tc.view).uint32(tc.reports.length)
      for (const { member, qcView, qcDigest, voteView, voteDigest } of tc.reports) {
        bytes.uint32(member).view(qcView).digest(qcDigest).view(voteView).digest(voteDigest)
      }
      bytes
        .view(tc.qc?.view ?? -1)
        .digest(tc.qc?.digest ?? noDigest)
        .uint32(tc.proposals.length)
      for (const { view, digest, tc: before } of tc.proposals) {
        bytes.view(view).digest(digest).digest(this.justificationOf(before))
      }
      return bytes.hash()
    })
  }

  /**
   * Whether a quorum has given up that view, and everything that it reports is proved. Proposals behind the last votes
   * are needed where a vote may weigh more than the certificate; each brings its own proof, so that nobody can claim to
   * have voted for what no leader was allowed to propose.
   */
  isTimeoutCertificate(tc: TimeoutCertificate): boolean {
    return this.#once(tc, () => {
      const { view, reports, qc, proposals } = tc
      if (!this.#isQuorum(reports)) return false
      if (!reports.every((one) => isReport(one, view) && this.isReported(view, one))) return false
      const highest = Math.max(...reports.map(({ qcView }) => qcView))
      if ((qc?.view ?? -1) !== highest || (qc !== undefined && (qc.phase !== 1 || !this.isCertificate(qc))))
        return false
      if (qc !== undefined && !reports.some((one) => one.qcView === qc.view && one.qcDigest === qc.digest)) return false
      if (!proposals.every((one) => this.isProposal(one))) return false
      return !this.agreement.fastPath || reports.every((one) => one.voteView <= highest || isBehind(proposals, one))
    })
  }

  isReported(
    view: number,
    { member, signature, qcView, qcDigest, voteView, voteDigest }: TimeoutMessage | SignedReport,
  ) {
    return this.isSigned(member, { type: 'timeout', view, qcView, qcDigest, voteView, voteDigest }, signature)
  }

  /** Whether a time-out is signed, and brings what it reports. */
  isTimeout(message: TimeoutMessage): boolean {
    return this.#once(message, () => {
      const { view, member, qc, proposal, qcView, qcDigest, voteView, voteDigest } = message
      if (!isPlace(this.agreement.committee, member) || !isReport(message, view)) return false
      if (!this.isReported(view, message)) return false
      if ((qc?.view ?? -1) !== qcView || (qc?.digest ?? noDigest) !== qcDigest) return false
      if ((proposal?.view ?? -1) !== voteView || (proposal?.digest ?? noDigest) !== voteDigest) return false
      if (qc !== undefined && (qc.phase !== 1 || !this.isCertificate(qc))) return false
      if (proposal !== undefined && !this.isProposal(proposal)) return false
      return this.#brings(message, qcDigest) && this.#brings(message, voteDigest)
    })
  }

  #brings({ qcValue, voteValue }: TimeoutMessage, digest: Digest): boolean {
    if (digest === noDigest) return true
    return [qcValue, voteValue].some((value) => value !== undefined && this.digestOf(value) === digest)
  }

  #isQuorum(signed: readonly { readonly member: number }[]): boolean {
    const { committee } = this.agreement
    if (signed.length > committee.members.length) return false
    const places = new Set(signed.map(({ member }) => member))
    if (places.size < signed.length || !signed.every(({ member }) => isPlace(committee, member))) return false
    return weightOf(committee, places) >= committee.quorumWeight
  }

  #isSigned(member: number, bytes: Uint8Array, signature: Uint8Array): boolean {
    // A stamp of the kernel is looked at in less time than it takes to remember it.
    if (this.authentication.mode === 'kernel') {
      this.#verifications++
      return this.authentication.verify(member, bytes, signature)
    }
    const known = this.#signatures.isGood(member, bytes, signature)
    if (known !== undefined) return known
    this.#verifications++
    if (!this.authentication.verify(member, bytes, signature)) return false
    this.#signatures.add(member, bytes, signature)
    return true
  }

  #once(about: object, judge: () => boolean): boolean {
    const known = this.#verdicts.get(about)
    if (known !== undefined) return known
    const verdict = judge()
    this.#verdicts.set(about, verdict)
    return verdict
  }

  #digest(about: object, hash: () => Digest): Digest {
    const known = this.#digests.get(about)
    if (known !== undefined) return known
    const digest = hash()
    this.#digests.set(about, digest)
    return digest
  }
}

type SignedReport = TimeoutCertificate['reports'][number]

/** Whether a report says something that can be at the end of that view. */
function isReport({ qcView, qcDigest, voteView, voteDigest }: Report, view: number): boolean {
  const isPast = (one: number, digest: Digest) => one >= -1 && one <= view && (one === -1) === (digest === noDigest)
  return view >= 0 && isPast(qcView, qcDigest) && isPast(voteView, voteDigest)
}

function isBehind(proposals: readonly Proposal[], { voteView, voteDigest }: Report): boolean {
  return proposals.some(({ view, digest }) => view === voteView && digest === voteDigest)
}
