/**
 * A member's part in one agreement, as a pure step: state and event in, state and effects out.
 *
 * Single-shot and leader-based, in two phases of votes, under partial synchrony; safe whatever the network does, decided once
 * it delivers in time. Up to `F` of the weight may lie.
 *
 * Source: Malkhi and Nayak, "HotStuff-2" (2023), and Gelashvili et al., "Jolteon and Ditto" (2022), for the phases and the
 * view change. Differs: one value only, so no chain; a fast path with votes of all; ballots are collected and agreed on as a set; proposals
 * justify themselves down to the first view that matters, so that a disagreement always leaves proofs.
 */

import { unacceptableValue } from '../errors.ts'
import { hashOf } from './canonical-bytes.ts'
import { isPlace } from './committee.ts'
import { lead, onFastWaitOver, onInput, onVote } from './leader-turn.ts'
import type { Envelope, Message } from './message.ts'
import type { ReplicaSetup } from './replica-options.ts'
import { type ReplicaState, withMember } from './replica-state.ts'
import { type ReplicaEffect, type ReplicaTimer, ReplicaTurn } from './replica-turn.ts'
import { giveUp, onTimeout, sendInput, sendTimeout } from './view-change-turn.ts'
import { onDecide, onPrepared, onPropose } from './voter-turn.ts'

export type ReplicaEvent =
  /** It begins, or is there again: with its ballot or the value it would propose, if it has one. Said once, a ballot stays what it is. */
  | { readonly type: 'start'; readonly bytes: Uint8Array | undefined; readonly atMs: number }
  /** `from`: the member whose link or mailbox it came by. */
  | { readonly type: 'message'; readonly from: number; readonly envelope: Envelope; readonly atMs: number }
  | { readonly type: 'timer'; readonly timer: ReplicaTimer; readonly view: number; readonly atMs: number }

/** The decision as a function: what runtimes, tests and mutants of tests pass around. */
export type ReplicaStep = (
  setup: ReplicaSetup,
  state: ReplicaState,
  event: ReplicaEvent,
) => readonly [ReplicaState, readonly ReplicaEffect[]]

/**
 * One decision.
 *
 * Ensures: at most one vote a phase and view, none in a view that was given up; `decided` comes once; what is sent follows
 * from what was persisted before.
 * Throws: `coordination/unacceptable-value` for bytes at the start that all others would refuse.
 * Requires: messages are of the shape of `Message` (`decodeEnvelope` makes no others) and are not changed.
 */
export const replicaStep: ReplicaStep = (setup, state, event) => {
  const turn = new ReplicaTurn(setup, state, event.atMs)
  if (event.type === 'start') start(turn, event.bytes)
  else if (event.type === 'timer') onTimer(turn, event.timer, event.view)
  else receive(turn, event.from, event.envelope)
  return turn.done()
}

function start(turn: ReplicaTurn, bytes: Uint8Array | undefined): void {
  if (turn.durable.decision !== undefined) {
    turn.decided(turn.durable.decision)
    return
  }
  const { verifier } = turn.setup
  if (turn.durable.input === undefined && bytes !== undefined) {
    if (!verifier.isAcceptable(bytes)) throw unacceptableValue(bytes.length, verifier.agreement.bytesMax)
    if (verifier.agreement.subject === 'value') turn.update({ candidate: { type: 'plain', bytes } })
    else {
      const signature = turn.sign({ type: 'input', digest: hashOf(bytes) })
      turn.save({ input: { type: 'input', member: turn.self, ballot: bytes, signature } })
    }
  }
  sendInput(turn)
  if (turn.durable.timeout !== undefined) sendTimeout(turn, turn.durable.timeout)
  turn.timeView()
  lead(turn)
}

function onTimer(turn: ReplicaTurn, timer: ReplicaTimer, view: number): void {
  if (turn.durable.decision !== undefined || view !== turn.durable.view) return
  if (timer === 'view') giveUp(turn, view)
  else if (timer === 'fast') onFastWaitOver(turn)
  else {
    turn.update({ gathered: 'yes' })
    lead(turn)
  }
}

function receive(turn: ReplicaTurn, from: number, { agreement, epoch, message }: Envelope): void {
  const own = turn.setup.verifier.agreement
  if (agreement !== own.id || epoch !== own.epoch) {
    turn.refuse('foreign')
    return
  }
  if (turn.durable.decision !== undefined) {
    answer(turn, from, message)
    return
  }
  switch (message.type) {
    case 'input':
      onInput(turn, message)
      return
    case 'propose':
      onPropose(turn, message)
      return
    case 'vote1':
    case 'vote2':
      onVote(turn, message)
      return
    case 'prepared':
      onPrepared(turn, message)
      return
    case 'decide':
      onDecide(turn, message)
      return
    case 'timeout':
      onTimeout(turn, message)
      return
  }
}

/**
 * Who still sends has not heard of the decision. Told once a view: it gives up further ones until it has heard, and who floods
 * gets no more than that.
 */
function answer(turn: ReplicaTurn, from: number, message: Message): void {
  const { decision } = turn.durable
  const { told, toldMembers } = turn.state
  const isMember = isPlace(turn.setup.verifier.agreement.committee, from)
  if (decision === undefined || !isMember || from === turn.self || message.type === 'decide') return
  const view = viewOf(message)
  if (view <= (toldMembers[from] ?? told)) return
  turn.update({ toldMembers: withMember(toldMembers, from, view) })
  turn.send(from, decision)
}

function viewOf(message: Exclude<Message, { readonly type: 'decide' }>): number {
  if (message.type === 'input') return 0
  if (message.type === 'propose') return message.proposal.view
  return message.type === 'prepared' ? message.qc.view : message.view
}
