/** What the stores of a hub are given of it. */

import type { Clock } from '../../../clock.ts'
import type { Json } from '../../../errors.ts'
import type { MemoryLimits } from '../memory/memory-port.ts'
import type { HubRecord } from './hub-record.ts'
import type { WireChange } from './wire-protocol.ts'

/** Tells the telemetry of the process the hub is in. */
export interface Reporter {
  /** Emits `foundation.<event>`. */
  report(
    event: string,
    metadata: { readonly [key: string]: Json },
    measurements?: { readonly [key: string]: number },
  ): void
}

export interface HubPort {
  readonly clock: Clock
  readonly limits: MemoryLimits
  /** What may wait for one connection. */
  readonly connectionBytesMax: number
  readonly reporter: Reporter
  /** Writes a change down. It has happened when the turn ends. */
  append(one: HubRecord): void
  /** Throws `foundation/limit-reached` when the log has no room for a change that makes it longer. */
  checkRoom(): void
  /** Removes the file of a blob once the change that did away with it is written down: until then the log still leads to it. */
  discard(file: string): void
}

/** Who is told of the changes of a state. */
export interface Watcher {
  /** False when it has no room, so that the watch is lost. */
  tell(watch: number, changes: readonly WireChange[]): boolean
  lose(watch: number, reason: Error): void
}

/** A state, queue or index of blobs of the hub. */
export interface HubStore {
  /** Does again what was written down. */
  replay(one: HubRecord): void
  /** All that was written down has been done again: what is due happens from now on. */
  start(): void
  /** What makes an equal one. It is complete when the call returns, though it may be gone through later. */
  snapshot(): Iterable<HubRecord>
  /** Revision of the last write; 0 where there are none. */
  readonly revision: number
  /** It is removed, or the hub ends: who waits is told. */
  close(reason: Error): void
}
