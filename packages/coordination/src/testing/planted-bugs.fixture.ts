/** Bugs that anybody could write, each in one place: a suite that does not find them is worth nothing. */

import type { Agreement } from '../byzantine/agreement.ts'
import { forcedValue } from '../byzantine/forced-value.ts'
import type {
  Certificate,
  Proposal,
  SignedBallot,
  TimeoutCertificate,
  TimeoutMessage,
  Value,
} from '../byzantine/message.ts'
import { type ReplicaStep, replicaStep } from '../byzantine/replica-step.ts'
import { Verifier } from '../byzantine/verifier.ts'
import { type VotingRules, votingRules } from '../byzantine/voting-rules.ts'
import type { AgreementWorldOptions } from './agreement-run.ts'

export type PlantedBug = Pick<AgreementWorldOptions, 'step' | 'rules' | 'misread' | 'verifierOf'>

const ruled = (change: Partial<VotingRules>): PlantedBug => ({ rules: { ...votingRules, ...change } })
const stepped = (step: ReplicaStep): PlantedBug => ({ step })

export const plantedBugs: { readonly [bug: string]: PlantedBug } = {
  'a quorum of one too few': {
    misread: (agreement) => withCommittee(agreement, agreement.committee.quorumWeight - 1),
  },
  'time-outs force nothing': ruled({ forced: () => undefined }),
  'time-outs force only what was prepared': ruled({
    forced: (_, { qc }) => qc && { digest: qc.digest, view: qc.view },
  }),
  'time-outs force only what was voted for': ruled({
    forced: (agreement, tc) => forcedValue(agreement, { ...tc, qc: undefined }),
  }),
  'votes weigh from as much as traitors hold': ruled({
    forced: ({ committee, ...agreement }, tc) =>
      forcedValue({ ...agreement, committee: { ...committee, faultyWeight: committee.faultyWeight - 1 } }, tc),
  }),
  'a tie goes to votes, not to what was prepared': ruled({
    forced: (agreement, tc) => {
      const voted = forcedValue(agreement, { ...tc, qc: undefined })
      const forced = forcedValue(agreement, tc)
      return voted !== undefined && voted.view === forced?.view ? voted : forced
    },
  }),
  'a time-out omits the vote': ruled({
    report: (state) => ({ ...votingRules.report(state), voteView: -1, voteDigest: '' }),
  }),
  'a time-out omits what was prepared': ruled({
    report: (state) => ({ ...votingRules.report(state), qcView: -1, qcDigest: '' }),
  }),
  'votes in a view that it gave up': ruled({
    mayVote1: ({ voted1 }, view) => view > voted1,
    mayVote2: ({ voted2 }, view) => view > voted2,
  }),
  'votes in the first phase as often as asked': ruled({
    mayVote1: ({ view, timedOut }, asked) => asked >= view && asked > timedOut,
  }),
  'votes without noting what was prepared': ruled({ prepare: (state) => state }),
  'what was prepared is noted once only': ruled({
    prepare: (state, highQc) => (state.highQc === undefined ? { ...state, highQc } : state),
  }),
  'nothing is written to disk': stepped((setup, state, event) => {
    const [next, effects] = replicaStep(setup, state, event)
    return [next, effects.filter(({ type }) => type !== 'persist')]
  }),
  'says first and writes afterwards': stepped((setup, state, event) => {
    const [next, effects] = replicaStep(setup, state, event)
    return [next, effects.toSorted((a, b) => Number(a.type === 'persist') - Number(b.type === 'persist'))]
  }),
  'says nothing more once it has decided': stepped((setup, state, event) =>
    state.durable.decision === undefined ? replicaStep(setup, state, event) : [state, []],
  ),
  'never gives up a view': stepped((setup, state, event) =>
    event.type === 'timer' && event.timer === 'view' ? [state, []] : replicaStep(setup, state, event),
  ),
  'believes votes without looking at their signatures': believing({ isCertificate: () => true }),
  'believes a leader that it may propose that': believing({
    isProposal: (verifier, proposal) => verifier.isProposed(proposal),
  }),
  'believes ballots without looking at their signatures': believing({ isBallot: () => true }),
  'believes that any value will do': believing({ isValue: () => true }),
  'believes what time-outs say without proof': believing({
    isTimeoutCertificate: (verifier, { view, reports }) => reports.every((one) => verifier.isReported(view, one)),
  }),
}

interface Beliefs {
  isCertificate?: (verifier: Verifier, certificate: Certificate) => boolean
  isProposal?: (verifier: Verifier, proposal: Proposal) => boolean
  isBallot?: (verifier: Verifier, ballot: SignedBallot) => boolean
  isValue?: (verifier: Verifier, value: Value) => boolean
  isTimeoutCertificate?: (verifier: Verifier, tc: TimeoutCertificate) => boolean
  isTimeout?: (verifier: Verifier, message: TimeoutMessage) => boolean
}

function believing(beliefs: Beliefs): PlantedBug {
  return {
    verifierOf(options) {
      const verifier = new Verifier(options)
      for (const [method, belief] of Object.entries(beliefs)) {
        Reflect.set(verifier, method, (given: never) => belief(verifier, given))
      }
      return verifier
    },
  }
}

function withCommittee(agreement: Agreement, quorumWeight: number): Agreement {
  return { ...agreement, committee: { ...agreement.committee, quorumWeight } }
}
