/** How an agreement ended on a node, and what it took. */

import type { DecideMessage } from '../message.ts'

export interface AgreementFigures {
  /** Of members of this node to others, and what they heard of others. */
  readonly messages: number
  /** As on a wire, one for each node that is reached. */
  readonly bytes: number
  readonly latencyMs: number
}

export type AgreementEnd =
  | { readonly type: 'decided'; readonly decision: DecideMessage }
  | {
      readonly type: 'undecided'
      readonly reason: 'no-quorum' | 'cancelled' | 'closed' | 'failed'
      readonly cause?: unknown
    }
