/**
 * Where the addresses of the servers come from. A source is a value without state: it may be asked by several engines at once, and
 * is given the ports of whoever asks. It finds addresses and never says that a server is gone; what is remembered between two
 * answers is in `discovered-servers.ts`.
 */

import type { Clock, Random, Telemetry } from '@mabeam/foundation'

/** The ports of whoever asks; an `EnginePort` has them all. */
export interface SourcePort {
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
}

export interface WatchOptions {
  /** Called with all addresses each time they may have changed. Must not throw. */
  readonly onServers: (servers: readonly string[]) => void
  /** Ends the watch. */
  readonly signal: AbortSignal
}

/** Asked at the start, every so often, and when an engine has lost all its servers. */
export interface ServerSource {
  /** Its kind, such as `dns`; for people and telemetry. */
  readonly name: string
  /**
   * Looks once. Resolves with the addresses found now as `host:port`, IPv6 in brackets, the best first; possibly none. Rejects
   * with a `MabeamError` that says what to do and whether asking again may help, and with `signal.reason`.
   */
  find(port: SourcePort, signal: AbortSignal): Promise<readonly string[]>
  /**
   * Tells of changes until the signal aborts, then resolves. Rejects when it can't go on; whoever watches begins again.
   * A source without it is asked every so often.
   */
  watch?(port: SourcePort, options: WatchOptions): Promise<void>
}
