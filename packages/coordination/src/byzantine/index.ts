/**
 * Byzantine agreement as a library: the pure step of a member, what is signed and sent, evidence, and committees that change. What runs it on nodes is
 * behind the door of the package.
 */

export {
  type Agreement,
  type AgreementOptions,
  agreementDefaults,
  defineAgreement,
  leaderOf,
} from './agreement.ts'
export { findEvidence } from './audit.ts'
export type { Authentication, SharedAuthentication, Signer } from './authentication.ts'
export { kernelAuthentication } from './authentications/kernel.ts'
export { macAuthentication } from './authentications/mac.ts'
export { newSigningKeys, type SigningKeys, sigAuthentication, sigSigner } from './authentications/sig.ts'
export type { Digest } from './canonical-bytes.ts'
export {
  type Committee,
  type CommitteeOptions,
  committeeDefaults,
  defineCommittee,
  type Member,
  membersMax,
  type NewMember,
  weightOf,
} from './committee.ts'
export { type ChangeJudge, changedCommittee, expulsion, nextEpoch, readmission } from './committee-change.ts'
export {
  culpritOf,
  type Evidence,
  type EvidenceJudge,
  type Signed,
  type TimeoutStatement,
  verifyEvidence,
} from './evidence.ts'
export type { Forced } from './forced-value.ts'
export type {
  BallotEntry,
  Certificate,
  DecideMessage,
  Envelope,
  InputMessage,
  Message,
  PreparedMessage,
  Proposal,
  ProposeMessage,
  SignedBallot,
  SignedReport,
  SignedVote,
  TimeoutCertificate,
  TimeoutMessage,
  Value,
  VoteMessage,
} from './message.ts'
export { countedBallots } from './proposed-value.ts'
export { type ReplicaOptions, type ReplicaSetup, replicaDefaults, replicaSetup } from './replica-options.ts'
export {
  type DurableState,
  type Leading,
  newReplica,
  type Refusals,
  type ReplicaState,
} from './replica-state.ts'
export { type ReplicaEvent, type ReplicaStep, replicaStep } from './replica-step.ts'
export type { ReplicaEffect, ReplicaTimer } from './replica-turn.ts'
export type { AgreementEnd, AgreementFigures } from './runtime/agreement-end.ts'
export type { Mind, MindWorld, OpenMind } from './runtime/mind.ts'
export {
  type AgreementTerms,
  type AskQuestion,
  agreementOf,
  type Question as AgreementQuestion,
} from './runtime/opening.ts'
export type { AgreeOptions } from './runtime/opening-drafts.ts'
export type { AgreementMember } from './runtime/seating.ts'
export type { Report, Statement, Vote } from './statement.ts'
export {
  newSuspicion,
  type SuspicionOptions,
  type SuspicionState,
  type Suspicious,
  suspects,
  suspicionDefaults,
  suspicionStep,
} from './suspicion.ts'
export { Verifier, type VerifierOptions, verifierDefaults } from './verifier.ts'
export { type VotingRules, votingRules } from './voting-rules.ts'
export { chainMax, decodeEnvelope, decodeEvidence } from './wire-reader.ts'
export { encodedBytes, encodeEnvelope, encodeEvidence } from './wire-writer.ts'
