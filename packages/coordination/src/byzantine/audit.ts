/** Looks through what members have received for proof against each other. */

import { leaderOf } from './agreement.ts'
import { mayConvict } from './audit-screen.ts'
import { hashOf } from './canonical-bytes.ts'
import {
  culpritOf,
  type Evidence,
  isAmnesia,
  isContradiction,
  isFalseReport,
  type Signed,
  type TimeoutStatement,
} from './evidence.ts'
import type { Certificate, Message, Proposal, SignedReport, TimeoutCertificate, Value } from './message.ts'
import type { Vote } from './statement.ts'
import type { Verifier } from './verifier.ts'

/**
 * The evidence in those messages: one piece for each member that they convict. Messages need not be proved, and may come from
 * several members; the more of them, the more is found. Time and memory grow with what is given, but what a message brings is read only up to
 * the first signature in it that is none: nobody has much to look at who makes things up.
 */
export function findEvidence(
  verifier: Verifier,
  messages: ReadonlySet<Message> | readonly Message[],
): readonly Evidence[] {
  return mayConvict(messages) ? auditedEvidence(verifier, messages) : []
}

/** The same without the look that comes first; for the test that this one misses nothing. */
export function auditedEvidence(verifier: Verifier, messages: Iterable<Message>): readonly Evidence[] {
  const audit = new Audit(verifier)
  for (const message of messages) audit.read(message)
  return audit.findings()
}

/** What one member has said, each thing once. */
interface Said {
  readonly others: Map<string, Signed[]>
  readonly votes: Signed<Vote>[]
  readonly timeouts: Signed<TimeoutStatement>[]
  readonly proposals: Proposal[]
}

class Audit {
  readonly #verifier: Verifier
  readonly #said = new Map<number, Said>()
  readonly #read = new WeakSet<object>()
  readonly #heard = new Set<string>()

  constructor(verifier: Verifier) {
    this.#verifier = verifier
  }

  read(message: Message): void {
    if (!this.#isNew(message)) return
    switch (message.type) {
      case 'input':
        this.#ballot(message.member, message.ballot, message.signature)
        return
      case 'propose':
        this.#value(message.value)
        this.#proposal(message.proposal)
        return
      case 'prepared':
        this.#certificate(message.qc)
        return
      case 'decide':
        this.#value(message.value)
        this.#certificate(message.certificate)
        return
      case 'timeout':
        this.#report(message.view, message)
        this.#certificate(message.qc)
        this.#proposal(message.proposal)
        return
      default:
        this.#vote(
          message.member,
          { type: message.type, view: message.view, digest: message.digest },
          message.signature,
        )
        return
    }
  }

  findings(): readonly Evidence[] {
    const found: Evidence[] = []
    for (const said of this.#said.values()) {
      const proof = candidates(said).find((one) => culpritOf(this.#verifier, one) !== undefined)
      if (proof !== undefined) found.push(proof)
    }
    return found
  }

  #isNew(about: object): boolean {
    if (this.#read.has(about)) return false
    this.#read.add(about)
    return true
  }

  #value(value: Value): void {
    if (value.type !== 'ballots' || !this.#isNew(value)) return
    for (const { member, ballot, signature, second } of value.entries) {
      if (!this.#ballot(member, ballot, signature)) return
      if (second !== undefined && !this.#ballot(member, second.ballot, second.signature)) return
    }
  }

  #ballot(member: number, ballot: Uint8Array, signature: Uint8Array): boolean {
    return this.#isSaid({ member, statement: { type: 'input', digest: hashOf(ballot) }, signature })
  }

  #certificate(certificate: Certificate | undefined): void {
    if (certificate === undefined || !this.#isNew(certificate)) return
    const { phase, view, digest, votes } = certificate
    const vote: Vote = { type: phase === 1 ? 'vote1' : 'vote2', view, digest }
    votes.every(({ member, signature }) => this.#vote(member, vote, signature))
  }

  #vote(member: number, statement: Vote, signature: Uint8Array): boolean {
    const signed: Signed<Vote> = { member, statement, signature }
    return this.#isSaid(signed, ({ votes }) => votes.push(signed))
  }

  #report(view: number, report: SignedReport): boolean {
    const { member, qcView, qcDigest, voteView, voteDigest, signature } = report
    const statement: TimeoutStatement = { type: 'timeout', view, qcView, qcDigest, voteView, voteDigest }
    const signed: Signed<TimeoutStatement> = { member, statement, signature }
    return this.#isSaid(signed, ({ timeouts }) => timeouts.push(signed))
  }

  /** Whether its leader has signed it; what it rests on may be whatever. */
  #proposal(proposal: Proposal | undefined): boolean {
    if (proposal === undefined || !this.#isNew(proposal)) return true
    const { view, digest, tc, signature } = proposal
    const member = leaderOf(this.#verifier.agreement, view)
    const justification = this.#verifier.justificationOf(tc)
    const isSaid = this.#isSaid({ member, statement: { type: 'propose', view, digest, justification }, signature })
    if (!isSaid) return false
    this.#of(member).proposals.push(proposal)
    this.#timeoutCertificate(tc)
    return true
  }

  #timeoutCertificate(tc: TimeoutCertificate | undefined): void {
    if (tc === undefined || !this.#isNew(tc)) return
    tc.reports.every((report) => this.#report(tc.view, report))
    this.#certificate(tc.qc)
    tc.proposals.every((proposal) => this.#proposal(proposal))
  }

  /** Whether that member has signed that; noted where it was not heard before. */
  #isSaid(signed: Signed, note: (said: Said) => void = () => {}): boolean {
    const { member, statement, signature } = signed
    const key = JSON.stringify([member, statement])
    if (this.#heard.has(key)) return true
    if (!this.#verifier.isSigned(member, statement, signature)) return false
    this.#heard.add(key)
    const place = `${statement.type} ${statement.type === 'input' ? -1 : statement.view}`
    const { others } = this.#of(member)
    const same = others.get(place)
    if (same === undefined) others.set(place, [signed])
    else same.push(signed)
    note(this.#of(member))
    return true
  }

  #of(member: number): Said {
    const known = this.#said.get(member)
    if (known !== undefined) return known
    const said: Said = { others: new Map(), votes: [], timeouts: [], proposals: [] }
    this.#said.set(member, said)
    return said
  }
}

/** What may convict one member, to be checked as anybody would. */
function candidates({ others, votes, timeouts, proposals }: Said): readonly Evidence[] {
  const found: Evidence[] = []
  for (const [first, ...rest] of others.values()) {
    const second = first && rest.find((one) => isContradiction(first.statement, one.statement))
    if (first !== undefined && second !== undefined) found.push({ kind: 'contradiction', first, second })
  }
  for (const timeout of timeouts) {
    for (const vote of votes) {
      if (isAmnesia(vote.statement, timeout.statement)) found.push({ kind: 'amnesia', vote, timeout })
      if (isFalseReport(vote.statement, timeout.statement)) found.push({ kind: 'false-report', vote, timeout })
    }
  }
  return [...found, ...proposals.map((proposal) => ({ kind: 'forbidden-proposal', proposal }) as const)]
}
