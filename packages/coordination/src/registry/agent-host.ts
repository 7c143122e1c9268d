/** What keeps agents running: contract singular; one implementation for each way of placing them. It starts nothing again itself. */

import type { ActorAddress, ActorDefinition, ActorInspection, ExitReason } from '@mabeam/foundation'
import type { CheckedAgent } from './agent-configuration.ts'

/** One agent of those a host keeps. */
export interface HostedAgent {
  /** Its name in the system. */
  readonly name: string
  readonly agent: CheckedAgent
}

/** What becomes of a hosted agent. */
export type HostNews =
  /** It runs, or runs again. `address`: where, if that is on this node. */
  | { readonly type: 'up'; readonly address: ActorAddress | undefined }
  /** It ended and its supervisor starts it again. */
  | { readonly type: 'down'; readonly reason: ExitReason }
  /** It ended for good. */
  | { readonly type: 'gone'; readonly reason: ExitReason }

/** *Runs in* the turn of the news; must not throw. */
export type TellHost = (name: string, news: HostNews) => void

/** Called by the registry, never two at once. What comes after `stop` was called is not told. */
export interface AgentHost {
  /** Resolves when all run and `up` was told of each. Rejects with what kept one from starting; nothing is left then. */
  start(): Promise<void>
  /** Resolves when none runs any more. */
  stop(): Promise<void>
  /** An agent as it is now, if it runs on this node. */
  inspect(name: string): ActorInspection | undefined
  /** The node on which it is, as far as this one knows. */
  nodeOf(name: string): string | undefined
}

/** How an actor is kept, of what the configuration says. */
export function actorOptions(agent: CheckedAgent) {
  const { startMs, shutdownMs, isolation, mailboxCapacity } = agent
  return {
    startMs,
    shutdownMs,
    ...(isolation !== undefined && { isolation }),
    ...(mailboxCapacity !== undefined && { mailboxCapacity }),
  }
}

/** How many messages may wait: where nobody says so, as many as nodes take by themselves. */
export function mailboxCapacityOf({ mailboxCapacity, definition }: CheckedAgent): number {
  const { mailboxCapacity: defined = 10_000 } = definition as ActorDefinition
  return mailboxCapacity ?? defined
}
