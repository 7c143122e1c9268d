/** Why an actor is no more. */

import type { WireError } from '../errors.ts'
import type { ActorAddress } from './actor-address.ts'

export type ExitReason =
  /** It ended itself. */
  | { readonly type: 'normal' }
  /** It was asked to stop. */
  | { readonly type: 'shutdown' }
  /** What it held is held elsewhere by now, where its messages go. */
  | { readonly type: 'moved' }
  /** It was asked to stop and did not in time. */
  | { readonly type: 'killed' }
  /** A handler threw. */
  | { readonly type: 'crashed'; readonly error: WireError }
  /** A supervisor that gave up: children crashed more often than its restart intensity allows, or would not start. */
  | { readonly type: 'gave-up'; readonly cause: 'restart-intensity' | 'start-failed' }
  /** An actor it was linked to ended first, for that reason; the first of a whole chain of links. */
  | { readonly type: 'linked'; readonly actor: ActorAddress; readonly reason: ExitReason }
  /** Its node went down, or can't be reached. */
  | { readonly type: 'node-down' }
  /** There was no such actor to begin with. */
  | { readonly type: 'no-such-actor' }

/** Whether a transient child is restarted after it. */
export function isAbnormal(reason: ExitReason): boolean {
  if (reason.type === 'linked') return isAbnormal(reason.reason)
  return reason.type !== 'normal' && reason.type !== 'shutdown' && reason.type !== 'moved'
}
