/** What the parts of a memory engine are given of it. */

import type { Clock } from '../../../clock.ts'
import type { Random } from '../../../random.ts'
import type { Turns } from '../../../turns.ts'

/** Limits of a memory engine, each counted for the whole engine unless it says otherwise. */
export interface MemoryLimits {
  /** The longest body of a message, value of a key and body in a queue. @default 1_048_576 */
  readonly bytesMax: number
  /** The longest blob. @default 1_073_741_824 */
  readonly blobBytesMax: number
  /** Blobs of one store. @default 100_000 */
  readonly blobsMax: number
  /** Keys with a value in one state. @default 1_000_000 */
  readonly keysMax: number
  /** Watches open on one state. @default 10_000 */
  readonly watchesMax: number
  /** Changes waiting for one watch, each key counted once, beside the values there were; one more and it is lost. @default 65_536 */
  readonly watchBacklogMax: number
  /** Pulls waiting on one queue. @default 10_000 */
  readonly pullsMax: number
  /** Ids of messages remembered for one queue; while there are as many, a push with another is refused. @default 1_000_000 */
  readonly idsMax: number
  /** Dead letters of one queue; the oldest is forgotten for one more, and that is reported. @default 100_000 */
  readonly deadLettersMax: number
  /** States, queues and blob stores. @default 10_000 */
  readonly storesMax: number
}

export const memoryLimitDefaults = {
  bytesMax: 1_048_576,
  blobBytesMax: 1_073_741_824,
  blobsMax: 100_000,
  keysMax: 1_000_000,
  watchesMax: 10_000,
  watchBacklogMax: 65_536,
  pullsMax: 10_000,
  idsMax: 1_000_000,
  deadLettersMax: 100_000,
  storesMax: 10_000,
} as const satisfies MemoryLimits

export interface MemoryPort {
  readonly name: string
  readonly clock: Clock
  readonly random: Random
  readonly turns: Turns
  readonly limits: MemoryLimits
  /** Throws `foundation/engine-closed`. */
  checkOpen(): void
  /** Emits `foundation.<event>`. */
  report(
    event: string,
    metadata: { readonly [key: string]: string },
    measurements?: { readonly [key: string]: number },
  ): void
}
