/** What a member signs. A statement binds domain, agreement, epoch, type, view and digest, and so means one thing only. */

import { type Agreement, domain } from './agreement.ts'
import { CanonicalBytes, type Digest } from './canonical-bytes.ts'

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

/** The bytes that are signed. */
export function encodeStatement({ id, epoch }: Agreement, statement: Statement): Uint8Array {
  const bytes = new CanonicalBytes().text(domain).digest(id).uint32(epoch).uint32(numbers[statement.type])
  switch (statement.type) {
    case 'input':
      return bytes.view(-1).digest(statement.digest).done()
    case 'propose':
      return bytes.view(statement.view).digest(statement.digest).digest(statement.justification).done()
    case 'timeout':
      bytes.view(statement.view).view(statement.qcView).digest(statement.qcDigest)
      return bytes.view(statement.voteView).digest(statement.voteDigest).done()
    default:
      return bytes.view(statement.view).digest(statement.digest).done()
  }
}
