/** How the answers to one ask are gathered: contract singular, one implementation asks directly, one lets all members agree on them. */

import type { AgentRequest } from '../agents/agent-request.ts'
import type { TeamMember } from '../agents/team.ts'
import type { DecideMessage } from '../byzantine/message.ts'
import type { AgreementTerms, AskQuestion } from '../byzantine/runtime/opening.ts'
import type { Answer } from './protocol.ts'
import type { SessionFigures } from './session.ts'

/** One ask, complete. */
export interface CollectedAsk {
  readonly session: string
  readonly ask: string
  readonly round: number
  readonly request: AgentRequest
  /** The input of the request, whole. */
  readonly input: unknown
  /** `own` of the input by member, where each is told its own: see `inputOf`. */
  readonly own?: { readonly [id: string]: unknown }
  /** Of the input of one member, as it would be on a wire; of the mean one where they differ. */
  readonly inputBytes: number
  readonly to: readonly TeamMember[]
  readonly timeoutMs: number
  readonly answerBytesMax: number
}

/** What proves to a stranger by which answers a session decided. */
export interface AskCertificate {
  /** What was asked, by which session, and the places in `terms` of those who were: its hash is in the terms. */
  readonly question: AskQuestion
  /** The agreement's identity, and what it is made of. */
  readonly agreement: string
  readonly terms: AgreementTerms
  readonly decision: DecideMessage
}

/** What has come in since the last time, and what it cost. */
export interface Gathered {
  readonly answers: readonly Answer[]
  readonly messages: number
  readonly bytes: number
  readonly certificate?: AskCertificate
  /**
   * The members could not be brought to a decision and may still come to one that nobody here learns of: all are `late`, and what
   * follows from that holds only provisionally.
   */
  readonly provisional?: true
}

/**
 * Called by the session loop, once for each ask; several may be under way at once. `hear` is told of each member exactly once,
 * with an answer of the right shape or as absent; those that are there at once come together, and with no answers at all it may
 * be told what asking has cost. Resolves when all have come; rejects with `signal.reason` only, and with errors that end the session.
 */
export interface Collector {
  readonly mode: SessionFigures['mode']
  collect(ask: CollectedAsk, hear: (gathered: Gathered) => void, signal: AbortSignal): Promise<void>
}

/** The input for one of those who are asked. */
export function inputOf({ input, own }: Pick<CollectedAsk, 'input' | 'own'>, id: string): unknown {
  return own === undefined ? input : { ...(input as object), own: own[id] }
}
