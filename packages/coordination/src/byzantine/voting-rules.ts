/**
 * The decisions that safety hangs on, in one place: what a member may vote for, and what it says when it gives up. A suite
 * that shows that it can fail plants a bug in one of them.
 */

import type { Agreement } from './agreement.ts'
import { noDigest } from './canonical-bytes.ts'
import { type Forced, forcedValue } from './forced-value.ts'
import type { TimeoutCertificate } from './message.ts'
import type { DurableState } from './replica-state.ts'
import type { Report } from './statement.ts'

export interface VotingRules {
  /** Whether it may vote in the first phase of that view. */
  mayVote1(state: DurableState, view: number): boolean
  /** Whether it may vote in the second phase of that view. */
  mayVote2(state: DurableState, view: number): boolean
  /** What those time-outs force the next leader to propose. */
  forced(agreement: Agreement, tc: TimeoutCertificate): Forced | undefined
  /** What it says of itself when it gives up a view. */
  report(state: DurableState): Report
  /** Itself, having given up that view. */
  giveUp(state: DurableState, view: number): DurableState
  /** Itself, having seen that prepared, before it votes. */
  prepare(state: DurableState, highQc: NonNullable<DurableState['highQc']>): DurableState
}

export const votingRules: VotingRules = {
  mayVote1: ({ view, voted1, timedOut }, asked) => asked >= view && asked > voted1 && asked > timedOut,
  mayVote2: ({ view, voted2, timedOut }, asked) => asked >= view && asked > voted2 && asked > timedOut,
  forced: forcedValue,
  report: ({ highQc, lastVote }) => ({
    qcView: highQc?.certificate.view ?? -1,
    qcDigest: highQc?.certificate.digest ?? noDigest,
    voteView: lastVote?.proposal.view ?? -1,
    voteDigest: lastVote?.proposal.digest ?? noDigest,
  }),
  giveUp: (state, view) => ({ ...state, timedOut: view, view: view + 1 }),
  prepare: (state, highQc) => ({ ...state, highQc }),
}
