/** What a member does in a view that it leads: ballots become a proposal, votes become certificates. */

import { leaderOf } from './agreement.ts'
import { isPlace, weightOf } from './committee.ts'
import type {
  Certificate,
  InputMessage,
  Proposal,
  ProposeMessage,
  SignedBallot,
  TimeoutCertificate,
  TimeoutMessage,
  Value,
  VoteMessage,
} from './message.ts'
import { ballotValue } from './proposed-value.ts'
import { type Leading, withMember } from './replica-state.ts'
import type { ReplicaTurn } from './replica-turn.ts'

/** Notes a ballot, and a second one that differs, which voids both. */
export function onInput(turn: ReplicaTurn, { member, ballot, signature }: InputMessage): void {
  const { verifier } = turn.setup
  const { committee, subject } = verifier.agreement
  if (subject !== 'ballots' || !isPlace(committee, member)) {
    turn.refuse('malformed')
    return
  }
  const known = turn.state.inputs[member] ?? []
  if (known.length > 1 || known.some((one) => Buffer.compare(one.ballot, ballot) === 0)) return
  // The one proposal without a predecessor is made: further ballots matter only to a later leader.
  if (leaderOf(verifier.agreement, turn.durable.view) === turn.self && hasProposed(turn)) {
    turn.refuse('late')
    return
  }
  const input: SignedBallot = { member, ballot, signature }
  if (!verifier.isBallot(input)) {
    turn.refuse('unproved')
    return
  }
  const weight = committee.members[member]?.weight ?? 0
  const inputWeight = turn.state.inputWeight + (known.length === 0 ? weight : -weight)
  turn.update({ inputs: withMember(turn.state.inputs, member, [...known, input]), inputWeight })
  lead(turn)
}

/** Proposes, if it leads the view it is in, has not proposed yet, and has what it needs. */
export function lead(turn: ReplicaTurn): void {
  const { verifier } = turn.setup
  const { view } = turn.durable
  if (leaderOf(verifier.agreement, view) !== turn.self || hasProposed(turn)) return
  if (view === 0) {
    propose(turn, undefined, freeValue(turn))
    return
  }
  const reports = turn.state.timeouts.filter((one): one is TimeoutMessage => one?.view === view - 1)
  const { committee } = verifier.agreement
  const places = reports.map(({ member }) => member)
  if (weightOf(committee, places) < committee.quorumWeight) return
  const tc = timeoutCertificate(view - 1, reports, verifier.agreement.fastPath)
  const forced = verifier.forced(tc)
  propose(turn, tc, forced === undefined ? freeValue(turn) : knownValue(turn, reports, forced.digest))
}

/** Notes a vote; a quorum of the first phase prepares, one of the second decides, and so do all of the first. */
export function onVote(turn: ReplicaTurn, vote: VoteMessage): void {
  const { verifier } = turn.setup
  const { committee, fastPath } = verifier.agreement
  const { leading } = turn.state
  const proposal = leading?.proposed.proposal
  if (leading === undefined || vote.view !== proposal?.view || leading.phase === 'decided') {
    turn.refuse('late')
    return
  }
  if (vote.digest !== proposal.digest || !isPlace(committee, vote.member)) {
    turn.refuse('unproved')
    return
  }
  const isFirst = vote.type === 'vote1'
  const isWanted = isFirst ? fastPath || leading.phase === 'voting' : leading.phase === 'prepared'
  const votes = isFirst ? leading.votes1 : leading.votes2
  if (!isWanted || votes.some(({ member }) => member === vote.member)) return
  if (!verifier.isSigned(vote.member, { type: vote.type, view: vote.view, digest: vote.digest }, vote.signature)) {
    turn.refuse('unproved')
    return
  }
  const weight = committee.members[vote.member]?.weight ?? 0
  if (isFirst) onVote1(turn, { ...leading, votes1: [...votes, vote], weight1: leading.weight1 + weight })
  else onVote2(turn, { ...leading, votes2: [...votes, vote], weight2: leading.weight2 + weight })
}

/** The votes of all were waited for long enough: on with those of a quorum. */
export function onFastWaitOver(turn: ReplicaTurn): void {
  const { leading } = turn.state
  if (leading?.phase === 'waiting') prepare(turn, leading)
}

function onVote1(turn: ReplicaTurn, leading: Leading): void {
  const { committee, fastPath } = turn.setup.verifier.agreement
  turn.update({ leading })
  if (fastPath && leading.votes1.length === committee.members.length) {
    decide(turn, leading, 1)
    return
  }
  if (leading.phase !== 'voting' || leading.weight1 < committee.quorumWeight) return
  if (!fastPath || isSomebodySilent(turn, leading)) {
    prepare(turn, leading)
    return
  }
  turn.update({ leading: { ...leading, phase: 'waiting' } })
  const tookMs = Math.max(1, turn.atMs - leading.beganMs)
  turn.timer('fast', turn.durable.view, Math.min(turn.setup.fastWaitMsMax, tookMs))
}

function onVote2(turn: ReplicaTurn, leading: Leading): void {
  turn.update({ leading })
  if (leading.weight2 >= turn.setup.verifier.agreement.committee.quorumWeight) decide(turn, leading, 2)
}

/** Those that were silent lately, or in the view before, will hardly be among all. */
function isSomebodySilent({ setup }: ReplicaTurn, { proposed }: Leading): boolean {
  const { tc } = proposed.proposal
  const { members } = setup.verifier.agreement.committee
  return setup.silent.length > 0 || (tc !== undefined && tc.reports.length < members.length)
}

function prepare(turn: ReplicaTurn, leading: Leading): void {
  turn.update({ leading: { ...leading, phase: 'prepared' } })
  turn.send('all', { type: 'prepared', qc: certificate(leading, 1) })
}

function decide(turn: ReplicaTurn, leading: Leading, phase: 1 | 2): void {
  turn.update({ leading: { ...leading, phase: 'decided' } })
  turn.send('all', { type: 'decide', certificate: certificate(leading, phase), value: leading.proposed.value })
}

function certificate({ proposed, votes1, votes2 }: Leading, phase: 1 | 2): Certificate {
  const { view, digest } = proposed.proposal
  const votes = (phase === 1 ? votes1 : votes2).map(({ member, signature }) => ({ member, signature }))
  return { phase, view, digest, votes }
}

function hasProposed({ durable }: ReplicaTurn): boolean {
  return (durable.proposed?.proposal.view ?? -1) >= durable.view
}

/** A value of its own choice: what it would propose, or the ballots it has, once they are enough. */
function freeValue(turn: ReplicaTurn): Value | undefined {
  const { committee, subject } = turn.setup.verifier.agreement
  const { inputWeight, inputs, gathered, candidate } = turn.state
  if (subject === 'value') return candidate
  if (inputWeight < committee.quorumWeight) return undefined
  const isWaiting = inputWeight < committee.totalWeight && turn.setup.gatherMs > 0 && gathered !== 'yes'
  if (!isWaiting) return ballotValue(inputs)
  if (gathered === 'no') turn.timer('gather', turn.durable.view, turn.setup.gatherMs)
  turn.update({ gathered: 'waiting' })
  return undefined
}

function knownValue({ setup }: ReplicaTurn, timeouts: readonly TimeoutMessage[], digest: string): Value | undefined {
  const values = timeouts.flatMap(({ qcValue, voteValue }) => [qcValue, voteValue])
  return values.find((value) => value !== undefined && setup.verifier.digestOf(value) === digest)
}

/** Those time-outs in one, with the highest certificate among them and the proposals behind later votes. */
export function timeoutCertificate(
  view: number,
  timeouts: readonly TimeoutMessage[],
  fastPath: boolean,
): TimeoutCertificate {
  const reports = timeouts.map(({ member, qcView, qcDigest, voteView, voteDigest, signature }) => {
    return { member, qcView, qcDigest, voteView, voteDigest, signature }
  })
  const highest = timeouts.reduce((best, one) => (one.qcView > best.qcView ? one : best))
  const behind = new Map<string, Proposal>()
  for (const { proposal } of fastPath ? timeouts : []) {
    if (proposal !== undefined && proposal.view > highest.qcView)
      behind.set(`${proposal.view} ${proposal.digest}`, proposal)
  }
  return { view, reports, qc: highest.qc, proposals: [...behind.values()] }
}

function propose(turn: ReplicaTurn, tc: TimeoutCertificate | undefined, value: Value | undefined): void {
  if (value === undefined) return
  const { verifier } = turn.setup
  const { view } = turn.durable
  const digest = verifier.digestOf(value)
  const signature = turn.sign({ type: 'propose', view, digest, justification: verifier.justificationOf(tc) })
  const proposed: ProposeMessage = { type: 'propose', proposal: { view, digest, tc, signature }, value }
  turn.save({ proposed })
  const leading = { proposed, beganMs: turn.atMs, votes1: [], weight1: 0, votes2: [], weight2: 0 } as const
  turn.update({ leading: { ...leading, phase: 'voting' } })
  turn.send('all', proposed)
}
