/** What the stores of this engine (`stores/`) are given of it: JetStream over a connection that is up, ports and limits. */

import type { Clock, MabeamError, Random } from '@mabeam/foundation'
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Reporter } from './reporter.ts'

/** Limits of what one engine holds open or keeps; what a server keeps is limited by the server. */
export interface NatsLimits {
  /** The longest blob. @default 1_073_741_824 */
  readonly blobBytesMax: number
  /** Watches open on one state. @default 1_000 */
  readonly watchesMax: number
  /** Pulls waiting on one queue. @default 500 */
  readonly pullsMax: number
  /** Dead letters of one queue; the oldest is forgotten for one more. @default 100_000 */
  readonly deadLettersMax: number
  /** States, queues and blob stores that are listed at most. @default 10_000 */
  readonly storesMax: number
}

export const natsLimitDefaults = {
  blobBytesMax: 1_073_741_824,
  watchesMax: 1_000,
  pullsMax: 500,
  deadLettersMax: 100_000,
  storesMax: 10_000,
} as const satisfies NatsLimits

/** One connection, and JetStream over it. What is opened on it (a subscription, a consumer) lives and reconnects with it. */
export interface NatsAccess {
  readonly connection: NatsConnection
  readonly client: JetStreamClient
  readonly manager: JetStreamManager
}

export interface NatsPort extends Reporter {
  /** `nats`, as errors name it. */
  readonly name: string
  readonly clock: Clock
  readonly random: Random
  readonly limits: NatsLimits
  /** Of every stream that is made. */
  readonly replicas: number
  /** How long a server has to answer a request of JetStream. */
  readonly requestTimeoutMs: number
  /** Aborts when the engine begins to close: whatever waits rejects with `foundation/engine-closed`, which is its reason. */
  readonly closing: AbortSignal
  /** The longest body that a message, value or queue entry may have, headers aside: what the server takes, less 1,024. */
  bytesMax(): number
  /**
   * JetStream over the connection for data, or over the other one while that is down. Throws `foundation/engine-unavailable` while
   * both are, and `foundation/engine-closed`. Ask anew for each use; keep it only for what lives on one connection.
   */
  access(): NatsAccess
  /** JetStream over the connection that `used` is not, where that one is up and at another server. Never throws. */
  otherAccess(used: NatsAccess): NatsAccess | undefined
  /** Called whenever either connection is back, until the function that is returned is called: watches look whether they still hear. */
  onReconnect(listener: () => void): () => void
  /** Throws `foundation/engine-closed`. */
  checkOpen(): void
  /** Throws `foundation/payload-too-large`. `label` begins the sentence. */
  checkSize(label: string, body: Uint8Array): void
  /**
   * What a failure of the client means here: errors of ours as they are, `foundation/engine-closed` once it is closed, else
   * `foundation/engine-unavailable` with the cause.
   */
  failure(thrown: unknown, doing: string): MabeamError
}
