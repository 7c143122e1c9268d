/** Messages as bytes: compact, of one meaning, version 1. */

import type { Agreement } from './agreement.ts'
import { CanonicalBytes } from './canonical-bytes.ts'
import type { Evidence, Signed } from './evidence.ts'
import type { Certificate, Envelope, Message, Proposal, SignedVote, TimeoutCertificate, Value } from './message.ts'
import type { Report } from './statement.ts'

/** Of the format, before everything else. */
export const wireVersion = 1
export const statementTypes = ['input', 'propose', 'vote1', 'vote2', 'timeout'] as const
export const wireTypes = ['input', 'propose', 'vote1', 'vote2', 'prepared', 'decide', 'timeout'] as const

/**
 * An envelope as bytes. Time-out certificates stand once each, before those that rest on them, however often they are named;
 * without that a message could grow beyond all bounds with the views that came to nothing.
 *
 * Requires: signatures of `mac` or `sig`; those of `kernel` mean nothing elsewhere.
 */
export function encodeEnvelope({ agreement, epoch, message }: Envelope): Uint8Array {
  const bytes = new CanonicalBytes().uint32(wireVersion).digest(agreement).uint32(epoch)
  const table = new CertificateTable()
  const body = writeMessage(new WireBytes(table), message)
  table.writeTo(bytes)
  return bytes.uint32(wireTypes.indexOf(message.type)).raw(body.done()).done()
}

export const evidenceKinds = ['contradiction', 'amnesia', 'false-report', 'forbidden-proposal'] as const

/** Evidence as bytes, for whoever is to judge it, or to be decided on. */
export function encodeEvidence(evidence: Evidence): Uint8Array {
  const bytes = new CanonicalBytes().uint32(wireVersion)
  const table = new CertificateTable()
  const wire = new WireBytes(table)
  if (evidence.kind === 'forbidden-proposal') wire.proposal(evidence.proposal)
  else if (evidence.kind === 'contradiction') wire.signed(evidence.first).signed(evidence.second)
  else wire.signed(evidence.vote).signed(evidence.timeout)
  table.writeTo(bytes)
  return bytes.uint32(evidenceKinds.indexOf(evidence.kind)).raw(wire.done()).done()
}

/** How many bytes a message takes. */
export function encodedBytes(agreement: Agreement, message: Message): number {
  return encodeEnvelope({ agreement: agreement.id, epoch: agreement.epoch, message }).length
}

/** The time-out certificates of one message, each once. */
class CertificateTable {
  readonly #indexes = new Map<TimeoutCertificate, number>()
  readonly #byBytes = new Map<string, number>()
  readonly #written: Uint8Array[] = []

  /** Its place in the table, from 1; 0 for none. */
  indexOf(tc: TimeoutCertificate | undefined): number {
    if (tc === undefined) return 0
    const known = this.#indexes.get(tc)
    if (known !== undefined) return known
    const wire = new WireBytes(this).view(tc.view).uint32(tc.reports.length)
    for (const report of tc.reports) wire.report(report).vote(report)
    wire.certificate(tc.qc).uint32(tc.proposals.length)
    for (const proposal of tc.proposals) wire.proposal(proposal)
    const bytes = wire.done()
    // Received twice, it is two objects that say the same.
    const key = Buffer.from(bytes).toString('latin1')
    const index = this.#byBytes.get(key) ?? this.#written.push(bytes)
    this.#byBytes.set(key, index)
    this.#indexes.set(tc, index)
    return index
  }

  writeTo(bytes: CanonicalBytes): void {
    bytes.uint32(this.#written.length)
    for (const one of this.#written) bytes.raw(one)
  }
}

class WireBytes extends CanonicalBytes {
  readonly #table: CertificateTable

  constructor(table: CertificateTable) {
    super()
    this.#table = table
  }

  report({ qcView, qcDigest, voteView, voteDigest }: Report): this {
    return this.view(qcView).digest(qcDigest).view(voteView).digest(voteDigest)
  }

  vote({ member, signature }: SignedVote): this {
    return this.uint32(member).bytes(signature)
  }

  certificate(certificate: Certificate | undefined): this {
    if (certificate === undefined) return this.uint32(0)
    const { phase, view, digest, votes } = certificate
    this.uint32(phase).view(view).digest(digest).uint32(votes.length)
    for (const vote of votes) this.vote(vote)
    return this
  }

  proposal({ view, digest, tc, signature }: Proposal): this {
    return this.view(view).digest(digest).uint32(this.#table.indexOf(tc)).bytes(signature)
  }

  signed({ member, statement, signature }: Signed): this {
    this.uint32(statementTypes.indexOf(statement.type))
    if (statement.type === 'timeout') this.view(statement.view).report(statement)
    else this.view(statement.type === 'input' ? -1 : statement.view).digest(statement.digest)
    if (statement.type === 'propose') this.digest(statement.justification)
    return this.vote({ member, signature })
  }

  value(value: Value | undefined): this {
    if (value === undefined) return this.uint32(0)
    if (value.type === 'plain') return this.uint32(1).bytes(value.bytes)
    this.uint32(2).uint32(value.entries.length)
    for (const { member, ballot, signature, second } of value.entries) {
      this.uint32(member).bytes(ballot).bytes(signature)
      this.uint32(second === undefined ? 0 : 1)
      if (second !== undefined) this.bytes(second.ballot).bytes(second.signature)
    }
    return this
  }
}

function writeMessage(wire: WireBytes, message: Message): WireBytes {
  switch (message.type) {
    case 'input':
      return wire.vote(message).bytes(message.ballot)
    case 'propose':
      return wire.proposal(message.proposal).value(message.value)
    case 'prepared':
      return wire.certificate(message.qc)
    case 'decide':
      return wire.certificate(message.certificate).value(message.value)
    case 'timeout': {
      wire.view(message.view).report(message).vote(message).certificate(message.qc).value(message.qcValue)
      wire.uint32(message.proposal === undefined ? 0 : 1)
      if (message.proposal !== undefined) wire.proposal(message.proposal)
      return wire.value(message.voteValue)
    }
    default:
      return wire.view(message.view).digest(message.digest).vote(message)
  }
}
