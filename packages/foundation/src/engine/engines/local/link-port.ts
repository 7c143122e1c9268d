/** What the way to a hub is given, and what it tells. */

import type { Clock } from '../../../clock.ts'
import type { Random } from '../../../random.ts'
import type { Bytes, MessageAddress } from './hub-messages.ts'
import type { Welcome, WireChange } from './wire-protocol.ts'

export interface LinkSettings {
  readonly path: string
  readonly token: Uint8Array
  readonly clock: Clock
  readonly random: Random
  readonly bytesMax: number
  /** What may wait to be taken by a hub, or for one. */
  readonly outboxBytesMax: number
  /** Whether what is published while there is no hub is kept for the next one. */
  readonly keepsPublished: boolean
  readonly unresponsiveMs: number
  readonly awayMs: number
  /** @default that of this code */
  readonly version?: number
}

/** What a link tells. Must not throw. */
export interface LinkHost {
  /** There is a hub: what was open is to be opened again, by what is sent during the call. */
  onConnected(welcome: Welcome): void
  /** It is gone, or silent (it may speak again then, with all that was open still open). */
  onAway(reason: Error, isSilent: boolean): void
  /** A hub that was silent speaks again. */
  onBack(): void
  /** Nobody listens at the place. */
  onAbsent(): void
  /** Whoever listens there will not have us, or is no hub. It is tried again. */
  onRefused(reason: Error): void
  onMessage(address: MessageAddress, subject: string, body: Bytes): void
  onNews(watch: number, changes: readonly WireChange[]): void
  onLost(watch: number, reason: Error): void
}

/** Who waits for an answer. Told in the turn in which it comes, so before whatever the hub said after it. */
export interface Waiting {
  readonly doing: string
  succeed(value: unknown): void
  fail(reason: unknown): void
}
