/**
 * What a coordination protocol is: a pure step that says what to ask whom, and what came of it. One loop runs all of them, so a
 * protocol has no clock, no network and no way to hang: whoever does not answer is absent, and that is an answer.
 */

import type { Random } from '@mabeam/foundation'
import type { AgentRequest, Question, RequestAnswer } from '../agents/agent-request.ts'

/** What is known of who takes part when a session begins. Frozen for its time. */
export interface Participant {
  /** Unique in the session. */
  readonly id: string
  /** What it can do, as it was registered. */
  readonly capabilities: readonly string[]
}

/** Why there is no answer of somebody. */
export type Absence =
  /** It did not answer in time. */
  | 'late'
  /** It does not run, or ended meanwhile. */
  | 'gone'
  /** It has no such call, or threw. */
  | 'failed'
  /** Its answer is not of the shape that the request asks for. */
  | 'malformed'
  /** Its answer is larger than a session takes. */
  | 'too-large'
  /** It said two things to others: the agreement on all answers voids it. */
  | 'void'

/** One participant's answer to one ask, or that there is none. */
export type Answer<R extends AgentRequest = AgentRequest> =
  | { readonly from: string; readonly value: RequestAnswer<R>; readonly latencyMs: number }
  | {
      readonly from: string
      readonly absent: Absence
      /** For people: what it threw, or what is wrong with what it said. Missing where that is not known, as of answers that are agreed on. */
      readonly because?: string
      readonly latencyMs: number
    }

/** What a running session can be told from outside. */
export type Feedback =
  /** Weights of participants, by id, from now on; those not named keep theirs. */
  | { readonly type: 'weights'; readonly weights: { readonly [id: string]: number } }
  /** What an expert says: any data that the protocol understands. */
  | { readonly type: 'expert'; readonly from: string; readonly opinion: unknown }

/** What happens to a protocol. */
export type ProtocolEvent =
  /**
   * Answers to an ask, as they come: those that are there at once come together. `pending`: how many are still to come; when it is
   * 0 the ask is over. Each participant that was asked comes exactly once, with an answer or as absent.
   */
  | {
      readonly type: 'answers'
      readonly ask: string
      readonly answers: readonly Answer[]
      readonly pending: number
      /** Those who agree on answers may still come to others: what follows from these is provisional. */
      readonly provisional?: true
      readonly atMs: number
    }
  | { readonly type: 'timer'; readonly timer: string; readonly atMs: number }
  | {
      readonly type: 'task-done'
      readonly task: string
      readonly id: string
      readonly result: unknown
      readonly atMs: number
    }
  | {
      readonly type: 'task-failed'
      readonly task: string
      readonly id: string
      readonly error: Error
      readonly atMs: number
    }
  | { readonly type: 'feedback'; readonly feedback: Feedback; readonly atMs: number }
  /** Time is up, or a limit reached: the last event. Says `done` now, or the session ends `undecided` for that reason. */
  | { readonly type: 'ended'; readonly reason: EndReason; readonly atMs: number }

/** Why a session ends without its protocol having said so. */
export type EndReason = 'deadline' | 'rounds-limit' | 'messages-limit' | 'bytes-limit'

/** What a protocol wants done. */
export type ProtocolCommand<O = unknown> =
  | AskCommand
  /** No more answers to this ask are of interest: those on their way are dropped. */
  | { readonly type: 'close-ask'; readonly ask: string }
  /** Set again, a timer of that name is another one. */
  | { readonly type: 'timer'; readonly timer: string; readonly delayMs: number }
  | { readonly type: 'cancel-timer'; readonly timer: string }
  /** One of the protocol's `tasks`, which may take long. */
  | { readonly type: 'task'; readonly task: string; readonly id: string; readonly input: unknown }
  /** For those who watch the session. */
  | { readonly type: 'progress'; readonly progress: unknown }
  /** The last command. */
  | { readonly type: 'done'; readonly outcome: O }

/** Asks participants one thing. */
export type AskCommand = {
  readonly [R in AgentRequest]: {
    readonly type: 'ask'
    /** Names this ask; unique in the session. */
    readonly ask: string
    /** Counted from 1; asks of one round are one round of the session. */
    readonly round: number
    readonly request: R
    readonly question: Question<R>
    /** `own` of the question by participant, where each is told its own. @default the same for all */
    readonly own?: { readonly [id: string]: unknown }
    /** @default all participants */
    readonly to?: readonly string[]
    /** Who has not answered by then is absent. @default answerTimeoutMs of the session */
    readonly timeoutMs?: number
    /** Asks them directly where the session has answers agreed on: for a downgrade that was declared. @default as the session does */
    readonly integrity?: 'direct'
  }
}[AgentRequest]

export type Turn<S, O> = readonly [state: S, commands: readonly ProtocolCommand<O>[]]

/** What a protocol begins with. */
export interface Beginning<C> {
  /** What `check` gave. */
  readonly spec: C
  readonly participants: readonly Participant[]
  /** Of this session alone: the same seed, answers and times give the same session. */
  readonly random: Random
  readonly atMs: number
  /** When the session's time is up. */
  readonly endsAtMs: number
}

/**
 * A protocol. `Spec` is what a user gives, `Checked` what the steps are given, `S` the state, `O` the outcome, which is a union of
 * objects told apart by `type`.
 *
 * `check`, `begin` and `step` are called by the session loop, never two at once for one session, and must not wait or keep anything outside of
 * the state. What they throw ends the session: from `check` as it is thrown, from the others as `coordination/protocol-failed`.
 */
// biome-ignore lint/suspicious/noExplicitAny: a table of protocols holds those of every state.
export interface Protocol<Spec = any, Checked = any, S = any, O extends Outcome = any> {
  /** A kebab-case word, such as `ranked-choice`; unique among those registered. */
  readonly name: string
  readonly version: number
  /** Fills in defaults; throws `foundation/invalid-option` and the like for what can't be, also for too few participants. */
  readonly check: (spec: Spec, participants: readonly Participant[]) => Checked
  readonly begin: (beginning: Beginning<Checked>) => Turn<S, O>
  readonly step: (state: S, event: ProtocolEvent) => Turn<S, O>
  /**
   * Keys of the specification that sessions have an option of too, such as `roundsMax`: where both stand in one object they are the
   * protocol's. @default none
   */
  readonly ownOptions?: readonly string[]
  /**
   * Whether answers must be agreed on for that specification, which has been checked: its sessions then are of `integrity: 'byzantine'`, and
   * refuse to be anything else. @default never
   */
  readonly needsAgreement?: (spec: Spec) => boolean
  /** What it has worked out where it may take long: a solver, mostly. @default none */
  readonly tasks?: { readonly [task: string]: (input: unknown, signal: AbortSignal) => Promise<unknown> }
}

/** What came of a session. */
export interface Outcome {
  readonly type: string
}

/** The outcome of a session whose protocol had nothing to say when it had to end. */
export interface Unfinished {
  readonly type: 'undecided'
  readonly reason: EndReason
}

// biome-ignore lint/suspicious/noExplicitAny: read out of the type only.
export type SpecOf<P extends Protocol> = P extends Protocol<infer Spec, any, any, any> ? Spec : never
// biome-ignore lint/suspicious/noExplicitAny: read out of the type only.
export type OutcomeOf<P extends Protocol> = P extends Protocol<any, any, any, infer O> ? O : never
