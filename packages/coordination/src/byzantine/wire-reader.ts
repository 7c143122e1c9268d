/** Messages from bytes that anybody may have sent: only what a member could have meant comes out. */

import type { Agreement } from './agreement.ts'
import { type Digest, noDigest } from './canonical-bytes.ts'
import type { Evidence, Signed, TimeoutStatement } from './evidence.ts'
import type {
  BallotEntry,
  Certificate,
  Envelope,
  Message,
  Proposal,
  SignedReport,
  SignedVote,
  TimeoutCertificate,
  Value,
} from './message.ts'
import type { Report, Statement, Vote } from './statement.ts'
import { evidenceKinds, statementTypes, wireTypes, wireVersion } from './wire-writer.ts'

/** The longest chain of time-out certificates that a message may rest on: views in a row in which members voted and none was prepared. */
export const chainMax = 1_000
const signatureBytesMax = 128
const viewMax = 0x7fff_ffff

/**
 * An envelope, or nothing for bytes that no member of that agreement would send: of another version, cut, too long anywhere, naming
 * members that are not, or with anything left over. What it says is not proved by that. Never throws; takes time in proportion to the bytes.
 */
export function decodeEnvelope(agreement: Agreement, bytes: Uint8Array): Envelope | undefined {
  try {
    return new WireReader(agreement, bytes).envelope()
  } catch (thrown) {
    if (thrown instanceof Unreadable) return undefined
    throw thrown
  }
}

/** Evidence, or nothing for bytes that are none. That it proves anything is not said by that. Never throws. */
export function decodeEvidence(agreement: Agreement, bytes: Uint8Array): Evidence | undefined {
  try {
    return new WireReader(agreement, bytes).evidence()
  } catch (thrown) {
    if (thrown instanceof Unreadable) return undefined
    throw thrown
  }
}

class Unreadable extends Error {}

class WireReader {
  readonly #agreement: Agreement
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #tcs: TimeoutCertificate[] = []
  #at = 0

  constructor(agreement: Agreement, bytes: Uint8Array) {
    this.#agreement = agreement
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  envelope(): Envelope {
    if (this.#uint32(0xffff_ffff) !== wireVersion) throw new Unreadable()
    const agreement = this.#digest()
    const epoch = this.#uint32(0xffff_ffff)
    this.#table()
    return this.#whole({ agreement, epoch, message: this.#message() })
  }

  evidence(): Evidence {
    if (this.#uint32(0xffff_ffff) !== wireVersion) throw new Unreadable()
    this.#table()
    const kind = evidenceKinds[this.#uint32(evidenceKinds.length - 1)]
    switch (kind) {
      case 'contradiction':
        return this.#whole({ kind, first: this.#signed(), second: this.#signed() })
      case 'forbidden-proposal':
        return this.#whole({ kind, proposal: this.#proposal() })
      case 'amnesia':
      case 'false-report': {
        const [vote, timeout] = [this.#signed(), this.#signed()]
        if (!isVote(vote) || !isTimeout(timeout)) throw new Unreadable()
        return this.#whole({ kind, vote, timeout })
      }
      default:
        throw new Unreadable()
    }
  }

  #table(): void {
    const count = this.#uint32(chainMax)
    for (let at = 0; at < count; at++) this.#tcs.push(this.#timeoutCertificate())
  }

  /** With nothing left over. */
  #whole<T>(read: T): T {
    if (this.#at !== this.#bytes.length) throw new Unreadable()
    return read
  }

  #signed(): Signed {
    const statement = this.#statement()
    return { statement, ...this.#vote() }
  }

  #statement(): Statement {
    const type = statementTypes[this.#uint32(statementTypes.length - 1)]
    switch (type) {
      case 'timeout':
        return { type, view: this.#viewOf(0), ...this.#report() }
      case 'input':
        if (this.#viewOf(-1) !== -1) throw new Unreadable()
        return { type, digest: this.#digest() }
      case 'propose':
        return { type, view: this.#viewOf(0), digest: this.#digest(), justification: this.#digest() }
      case 'vote1':
      case 'vote2':
        return { type, view: this.#viewOf(0), digest: this.#digest() }
      default:
        throw new Unreadable()
    }
  }

  #message(): Message {
    const type = wireTypes[this.#uint32(wireTypes.length - 1)]
    switch (type) {
      case 'input':
        return { type, ...this.#vote(), ballot: this.#content() }
      case 'propose':
        return { type, proposal: this.#proposal(), value: required(this.#value()) }
      case 'vote1':
      case 'vote2':
        return { type, view: this.#viewOf(0), digest: this.#digest(), ...this.#vote() }
      case 'prepared':
        return { type, qc: required(this.#certificate()) }
      case 'decide':
        return { type, certificate: required(this.#certificate()), value: required(this.#value()) }
      case 'timeout': {
        const said = { view: this.#viewOf(0), ...this.#report(), ...this.#vote() }
        const [qc, qcValue] = [this.#certificate(), this.#value()]
        const proposal = this.#uint32(1) === 0 ? undefined : this.#proposal()
        return { type, ...said, qc, qcValue, proposal, voteValue: this.#value() }
      }
      default:
        throw new Unreadable()
    }
  }

  #timeoutCertificate(): TimeoutCertificate {
    const view = this.#viewOf(0)
    const reports = this.#list((): SignedReport => ({ ...this.#report(), ...this.#vote() }))
    return { view, reports, qc: this.#certificate(), proposals: this.#list(() => this.#proposal()) }
  }

  #report(): Report {
    const [qcView, qcDigest] = [this.#viewOf(-1), this.#digest()]
    return { qcView, qcDigest, voteView: this.#viewOf(-1), voteDigest: this.#digest() }
  }

  #vote(): SignedVote {
    return { member: this.#member(), signature: this.#slice(signatureBytesMax) }
  }

  #certificate(): Certificate | undefined {
    const phase = this.#uint32(2)
    if (phase !== 1 && phase !== 2) return undefined
    return { phase, view: this.#viewOf(0), digest: this.#digest(), votes: this.#list(() => this.#vote()) }
  }

  /** What it rests on stands before it, so nothing rests on itself. */
  #proposal(): Proposal {
    const [view, digest] = [this.#viewOf(0), this.#digest()]
    const index = this.#uint32(this.#tcs.length)
    return {
      view,
      digest,
      tc: index === 0 ? undefined : this.#tcs[index - 1],
      signature: this.#slice(signatureBytesMax),
    }
  }

  #value(): Value | undefined {
    const kind = this.#uint32(2)
    if (kind === 0) return undefined
    if (kind === 1) return { type: 'plain', bytes: this.#content() }
    return { type: 'ballots', entries: this.#list(() => this.#entry()) }
  }

  #entry(): BallotEntry {
    const first = { member: this.#member(), ...this.#ballot() }
    return { ...first, second: this.#uint32(1) === 0 ? undefined : this.#ballot() }
  }

  #ballot(): { readonly ballot: Uint8Array; readonly signature: Uint8Array } {
    return { ballot: this.#content(), signature: this.#slice(signatureBytesMax) }
  }

  #content(): Uint8Array {
    return this.#slice(this.#agreement.bytesMax)
  }

  #member(): number {
    return this.#uint32(this.#agreement.committee.members.length - 1)
  }

  #list<T>(read: () => T): readonly T[] {
    return Array.from({ length: this.#uint32(this.#agreement.committee.members.length) }, read)
  }

  #viewOf(least: number): number {
    const view = this.#uint32(viewMax) - 1
    if (view < least) throw new Unreadable()
    return view
  }

  #digest(): Digest {
    const digest = Buffer.from(this.#take(32)).toString('hex')
    return /^0+$/.test(digest) ? noDigest : digest
  }

  /** A copy: what was received may be written over. */
  #slice(lengthMax: number): Uint8Array {
    return this.#take(this.#uint32(lengthMax)).slice()
  }

  #take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw new Unreadable()
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  #uint32(most: number): number {
    if (this.#at + 4 > this.#bytes.length) throw new Unreadable()
    const value = this.#view.getUint32(this.#at)
    this.#at += 4
    if (value > most) throw new Unreadable()
    return value
  }
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Unreadable()
  return value
}

function isVote(signed: Signed): signed is Signed<Vote> {
  return signed.statement.type === 'vote1' || signed.statement.type === 'vote2'
}

function isTimeout(signed: Signed): signed is Signed<TimeoutStatement> {
  return signed.statement.type === 'timeout'
}
