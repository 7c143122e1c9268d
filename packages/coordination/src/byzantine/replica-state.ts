/** What a replica knows: what must be on disk before anything is said, and what may be lost. */

import type {
  Certificate,
  DecideMessage,
  InputMessage,
  PreparedMessage,
  Proposal,
  ProposeMessage,
  SignedBallot,
  TimeoutMessage,
  Value,
  VoteMessage,
} from './message.ts'

/** Kept on disk before what follows from it is sent. A replica that has lost it must not take part again. */
export interface DurableState {
  readonly view: number
  /** The last views it voted in, by phase, and the last it gave up; -1 for none. */
  readonly voted1: number
  readonly voted2: number
  readonly timedOut: number
  /** What it voted for in the first phase last. */
  readonly lastVote: { readonly proposal: Proposal; readonly value: Value } | undefined
  /** The highest quorum that it has seen prepared. */
  readonly highQc: { readonly certificate: Certificate; readonly value: Value } | undefined
  /** What it said itself, to say it again in the same words. */
  readonly input: InputMessage | undefined
  readonly proposed: ProposeMessage | undefined
  readonly timeout: TimeoutMessage | undefined
  readonly decision: DecideMessage | undefined
}

/** What it does as the leader of a view. */
export interface Leading {
  readonly proposed: ProposeMessage
  readonly beganMs: number
  readonly votes1: readonly VoteMessage[]
  readonly weight1: number
  readonly votes2: readonly VoteMessage[]
  readonly weight2: number
  /** Whether it waits for the votes of all, or has gone on without. */
  readonly phase: 'voting' | 'waiting' | 'prepared' | 'decided'
}

/** Why a message was dropped, and how often. */
export interface Refusals {
  /** Of another agreement or epoch: replayed. */
  readonly foreign: number
  /** Of a view that is over. */
  readonly late: number
  /** Not signed by whom it should be, or not proved. */
  readonly unproved: number
  /** Not of a shape that any member would send. */
  readonly malformed: number
}

export interface ReplicaState {
  readonly durable: DurableState
  /** The value it would propose, where one is agreed on. */
  readonly candidate: Value | undefined
  /** By member, where there are any: one ballot, or two that differ. */
  readonly inputs: readonly (readonly SignedBallot[] | undefined)[]
  readonly inputWeight: number
  /** As leader it has waited for more ballots than a quorum long enough. */
  readonly gathered: 'no' | 'waiting' | 'yes'
  readonly leading: Leading | undefined
  /** What was prepared before its proposal was here. */
  readonly early: PreparedMessage | undefined
  /** The highest time-out of each member, where there is one. */
  readonly timeouts: readonly (TimeoutMessage | undefined)[]
  /** Once decided: up to which view all were told, and some members more. */
  readonly told: number
  readonly toldMembers: readonly (number | undefined)[]
  readonly refused: Refusals
}

export const newDurableState: DurableState = {
  view: 0,
  voted1: -1,
  voted2: -1,
  timedOut: -1,
  lastVote: undefined,
  highQc: undefined,
  input: undefined,
  proposed: undefined,
  timeout: undefined,
  decision: undefined,
}

const newState: Omit<ReplicaState, 'durable'> = {
  candidate: undefined,
  inputs: [],
  inputWeight: 0,
  gathered: 'no',
  leading: undefined,
  early: undefined,
  timeouts: [],
  told: -1,
  toldMembers: [],
  refused: { foreign: 0, late: 0, unproved: 0, malformed: 0 },
}

/** A replica before its first event, or one that was restarted with what it had on disk. */
export function newReplica(durable: DurableState = newDurableState): ReplicaState {
  return { durable, ...newState }
}

/** With that for a member; the list is as long as the highest place in it. */
export function withMember<T>(list: readonly (T | undefined)[], place: number, value: T): readonly (T | undefined)[] {
  const next = list.slice()
  while (next.length < place) next.push(undefined)
  next[place] = value
  return next
}
