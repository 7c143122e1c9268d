/** What a session is to those who start it: a coordination protocol on its way, with what it has cost so far. */

import type { AskCertificate } from './collector.ts'
import type { Absence, Feedback, Outcome, Unfinished } from './protocol.ts'

/** How answers are gathered: asked by whoever started the session, or agreed on by all participants so that nobody need be trusted. */
export type Integrity = 'direct' | 'byzantine'

export interface SessionOptions {
  /** After this the session ends with what it has. @default 30000 */
  readonly deadlineMs?: number
  /** Who has not answered an ask by then is absent. @default 5000 */
  readonly answerTimeoutMs?: number
  /** Rounds at most. @default 1000 */
  readonly roundsMax?: number
  /** Requests and answers at most. @default 1000000 */
  readonly messagesMax?: number
  /** Bytes of requests and answers at most, as they would be on a wire. @default 268435456 */
  readonly bytesMax?: number
  /** The largest single answer. @default 1048576 */
  readonly answerBytesMax?: number
  /** @default 'direct' */
  readonly integrity?: Integrity
  /** What is drawn in the session comes from this. @default drawn from the node's */
  readonly seed?: number
  /** Cancels the session: its result rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/** What a session has cost. */
export interface SessionFigures {
  readonly rounds: number
  /** Requests sent and answers received. */
  readonly messages: number
  /** Of requests and answers; as they would be on a wire. */
  readonly bytes: number
  readonly latencyMs: number
  /** The share of requests that were answered; 1 where nobody was asked. */
  readonly participation: number
  /** By what the answers stand: `direct` asked by one; else how votes were authenticated. */
  readonly mode: 'direct' | 'kernel' | 'mac' | 'sig'
}

/** The outcome, and what it took. */
export type SessionResult<O extends Outcome> = (O | Unfinished) &
  SessionFigures & {
    readonly session: string
    /** One for each ask that was agreed on. */
    readonly certificates?: readonly AskCertificate[]
    /** Members could not be brought to agree on some ask, and may still come to a decision that nobody here learns of. */
    readonly provisional?: true
  }

export type SessionStatus = 'running' | 'done' | 'failed' | 'cancelled'

/** A session as data: of those that run and of the history. */
export interface SessionReport extends SessionFigures {
  readonly id: string
  readonly protocol: string
  readonly status: SessionStatus
  readonly participants: readonly string[]
  readonly startedMs: number
  /** What came of it, once it is done. */
  readonly outcome?: Outcome
  /** Why it failed or was cancelled. */
  readonly error?: string
}

/** What those hear who watch a session. The last one is `session-ended`. */
export type SessionEvent =
  | { readonly type: 'round-began'; readonly round: number; readonly asked: number; readonly atMs: number }
  | {
      readonly type: 'answer-taken'
      readonly from: string
      readonly round: number
      readonly absent?: Absence
      /** For people: what it threw, or what is wrong with what it said. */
      readonly because?: string
      readonly atMs: number
    }
  | { readonly type: 'progress'; readonly progress: unknown; readonly atMs: number }
  | { readonly type: 'session-ended'; readonly report: SessionReport; readonly atMs: number }

export interface SessionStreamOptions {
  /** Events that wait for who reads them. @default 256 */
  readonly capacity?: number
}

export interface SessionStream extends AsyncIterableIterator<SessionEvent>, AsyncDisposable {
  /** Events that found no room, the oldest first. */
  readonly dropped: number
}

export interface Session<O extends Outcome = Outcome> {
  readonly id: string
  readonly protocol: string
  /**
   * Rejects with `coordination/session-cancelled` or the reason of the signal when it was cancelled, and with
   * `coordination/protocol-failed` when the protocol threw.
   */
  readonly result: Promise<SessionResult<O>>
  report(): SessionReport
  /**
   * The round that is under way, then what happens from now on; bounded: the oldest are dropped and counted for who does not read. After the end, that it has ended. Throws
   * `foundation/limit-reached` for more than 1,000 streams.
   */
  events(options?: SessionStreamOptions): SessionStream
  /**
   * Tells the protocol. Throws `coordination/session-ended` after the end, and `foundation/invalid-option` for weights that are no
   * numbers of 0 or more, or of who does not take part, and for what is no data of at most 1 MiB.
   */
  feedback(feedback: Feedback): void
  cancel(reason?: string): void
}
