/** What a member signs. A statement binds domain, agreement, epoch, type, view and digest, and so means one thing only. */

import { type Agreement, domain } from './agreement.ts'
import { type Digest, noDigest } from './canonical-bytes.ts'

/** Says where the member's reports come from; -1 and no digest stand for none. */
export interface Report {
  /** The highest view of which it has seen a quorum prepared, and for what. */
  readonly qcView: number
  readonly qcDigest: Digest
  /** The last view in which it voted in the first phase, and for what. */
  readonly voteView: number
  readonly voteDigest: Digest
}

export type Statement =
  /** This is my ballot. */
  | { readonly type: 'input'; readonly digest: Digest }
  /** As leader I propose this, which I may by what has that hash. */
  | { readonly type: 'propose'; readonly view: number; readonly digest: Digest; readonly justification: Digest }
  | Vote
  /** I will never again vote in this view or an earlier one, and this is what I have done. */
  | ({ readonly type: 'timeout'; readonly view: number } & Report)

export interface Vote {
  readonly type: 'vote1' | 'vote2'
  readonly view: number
  readonly digest: Digest
}

const numbers = { input: 1, propose: 2, vote1: 3, vote2: 4, timeout: 5 } as const
const tailBytes = { input: 36, propose: 68, vote1: 36, vote2: 36, timeout: 76 } as const
const headBytes = domain.length + 32 + 4 + 1

/**
 * The bytes that are signed: domain, agreement, epoch and type, then fields of fixed width, so that no two statements have the
 * same.
 */
export function encodeStatement(agreement: Agreement, statement: Statement): Uint8Array {
  return new StatementEncoder(agreement).encode(statement)
}

/** Encodes what is said in one agreement. What it gives is not changed: votes for the same thing are the same bytes, written once. */
export class StatementEncoder {
  readonly #head: Buffer
  /** The last vote of each phase: nearly always the next one is the same, by another member. */
  readonly #votes: { [T in Vote['type']]?: { readonly vote: Vote; readonly bytes: Uint8Array } } = {}

  constructor({ id, epoch }: Agreement) {
    const head = Buffer.alloc(headBytes - 1)
    const idAt = head.write(domain, 'latin1')
    head.write(id, idAt, 'hex')
    head.writeUInt32BE(epoch, idAt + 32)
    this.#head = head
  }

  encode(statement: Statement): Uint8Array {
    if (statement.type !== 'vote1' && statement.type !== 'vote2') return this.#encode(statement)
    const { type, view, digest } = statement
    const last = this.#votes[type]
    if (last !== undefined && last.vote.view === view && last.vote.digest === digest) return last.bytes
    const bytes = this.#encode(statement)
    this.#votes[type] = { vote: { type, view, digest }, bytes }
    return bytes
  }

  #encode(statement: Statement): Uint8Array {
    const writer = new StatementWriter(this.#head, statement.type)
    if (statement.type === 'timeout') {
      writer.view(statement.view).view(statement.qcView).digest(statement.qcDigest)
      return writer.view(statement.voteView).digest(statement.voteDigest).bytes
    }
    writer.view(statement.type === 'input' ? -1 : statement.view).digest(statement.digest)
    return statement.type === 'propose' ? writer.digest(statement.justification).bytes : writer.bytes
  }
}

class StatementWriter {
  readonly bytes: Buffer
  #at: number

  constructor(head: Buffer, type: Statement['type']) {
    this.bytes = Buffer.allocUnsafe(headBytes + tailBytes[type])
    this.bytes.set(head)
    this.#at = this.bytes.writeUInt8(numbers[type], head.length)
  }

  view(view: number): this {
    this.#at = this.bytes.writeUInt32BE(view + 1, this.#at)
    return this
  }

  /** Zeros stand for none. */
  digest(digest: Digest): this {
    const written = digest === noDigest ? 0 : this.bytes.write(digest, this.#at, 32, 'hex')
    // Nothing of what the memory held before may be in it, whatever was given.
    if (written < 32) this.bytes.fill(0, this.#at + written, this.#at + 32)
    this.#at += 32
    return this
  }
}
