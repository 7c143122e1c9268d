/** What a member does as a voter: with proposals, with what is prepared, and with what is decided. */

import type { DecideMessage, PreparedMessage, ProposeMessage } from './message.ts'
import type { ReplicaTurn } from './replica-turn.ts'

/** Votes in the first phase, if it may and the proposal is proved. */
export function onPropose(turn: ReplicaTurn, message: ProposeMessage): void {
  const { verifier } = turn.setup
  const { proposal, value } = message
  const { view, digest } = proposal
  if (!verifier.rules.mayVote1(turn.durable, view)) {
    turn.refuse('late')
    return
  }
  if (!verifier.isProposal(proposal) || verifier.digestOf(value) !== digest || !verifier.isValue(value)) {
    turn.refuse('unproved')
    return
  }
  turn.enter(view)
  turn.save({ voted1: view, lastVote: { proposal, value } })
  const signature = turn.sign({ type: 'vote1', view, digest })
  turn.sendToLeader(view, { type: 'vote1', member: turn.self, view, digest, signature })
  const { early } = turn.state
  if (early === undefined || early.qc.digest !== digest) return
  turn.update({ early: undefined })
  onPrepared(turn, early)
}

/** Votes in the second phase, having noted first what it was shown. What it has no value for yet waits for the proposal. */
export function onPrepared(turn: ReplicaTurn, message: PreparedMessage): void {
  const { verifier } = turn.setup
  const { qc } = message
  if (!verifier.rules.mayVote2(turn.durable, qc.view)) {
    turn.refuse('late')
    return
  }
  if (qc.phase !== 1 || !verifier.isCertificate(qc)) {
    turn.refuse('unproved')
    return
  }
  const { lastVote } = turn.durable
  if (lastVote?.proposal.digest !== qc.digest) {
    const { early } = turn.state
    if (early === undefined || early.qc.view < qc.view) turn.update({ early: message })
    return
  }
  turn.enter(qc.view)
  turn.update({ durable: verifier.rules.prepare(turn.durable, { certificate: qc, value: lastVote.value }) })
  turn.save({ voted2: qc.view })
  const { view, digest } = qc
  const signature = turn.sign({ type: 'vote2', view, digest })
  turn.sendToLeader(view, { type: 'vote2', member: turn.self, view, digest, signature })
}

/** Decides, once and for good. */
export function onDecide(turn: ReplicaTurn, message: DecideMessage): void {
  const { verifier } = turn.setup
  const { certificate, value } = message
  if (!verifier.isDecision(certificate) || verifier.digestOf(value) !== certificate.digest) {
    turn.refuse('unproved')
    return
  }
  // Its leader has told all; others tell also those that ask in the same view.
  const told = turn.state.leading?.phase === 'decided' ? certificate.view : certificate.view - 1
  turn.save({ decision: message })
  turn.update({ leading: undefined, early: undefined, told })
  turn.decided(message)
}
