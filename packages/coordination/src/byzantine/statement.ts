/** What a member signs. A statement binds domain, agreement, epoch, type, view and digest, and so means one thing only. */

import { type Agreement, domain } from './agreement.ts'
import type { Digest } from './canonical-bytes.ts'

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
const headBytes = domain.length + 32 + 4 + 1

/**
 * The bytes that are signed: domain, agreement, epoch and type, then fields of fixed width, so that no two statements have the
 * same. Written into one buffer, since it is done for every signature.
 */
export function encodeStatement({ id, epoch }: Agreement, statement: Statement): Uint8Array {
  const bytes = Buffer.alloc(headBytes + (statement.type === 'timeout' ? 76 : 68))
  let at = bytes.write(domain, 'latin1')
  at += bytes.write(id, at, 'hex')
  at = bytes.writeUInt32BE(epoch, at)
  at = bytes.writeUInt8(numbers[statement.type], at)
  if (statement.type === 'timeout') {
    at = bytes.writeUInt32BE(statement.view + 1, at)
    at = writePlace(bytes, at, statement.qcView, statement.qcDigest)
    writePlace(bytes, at, statement.voteView, statement.voteDigest)
    return bytes
  }
  at = writePlace(bytes, at, statement.type === 'input' ? -1 : statement.view, statement.digest)
  // Zeros stand for no digest.
  if (statement.type === 'propose') bytes.write(statement.justification, at, 'hex')
  return bytes
}

function writePlace(bytes: Buffer, at: number, view: number, digest: Digest): number {
  const next = bytes.writeUInt32BE(view + 1, at)
  bytes.write(digest, next, 'hex')
  return next + 32
}
