/**
 * What is remembered of the servers that were found, as a pure step: answer in, next list and what to do out. It never says that
 * a server is gone. An answer that is empty or failed changes nothing; one that lacks a server, as a partial one of DNS does,
 * takes it away only when none has named it for `graceMs`.
 */

export interface SeenServer {
  readonly address: string
  /** When an answer last named it. */
  readonly lastMs: number
}

export interface DiscoveryLimits {
  /** How long a server stays after the last answer that named it. */
  readonly graceMs: number
  /** More than so many are left out and counted. */
  readonly serversMax: number
  /** From one look to the next while servers are found. */
  readonly refreshMs: number
  /** After the first look that brought nothing; it doubles up to `delayMaxMs`. */
  readonly delayMinMs: number
  readonly delayMaxMs: number
}

export interface DiscoveryState {
  readonly limits: DiscoveryLimits
  /** Those of the last answer in its order, then those before it. */
  readonly servers: readonly SeenServer[]
  /** Looks in a row that brought nothing. */
  readonly failures: number
}

export type DiscoveryEvent =
  | { readonly type: 'found'; readonly servers: readonly string[]; readonly atMs: number }
  | { readonly type: 'failed' }

export type DiscoveryCommand =
  | {
      readonly type: 'tell'
      readonly added: readonly string[]
      readonly removed: readonly string[]
      /** Addresses that found no room. */
      readonly left: number
    }
  /** Before jitter. */
  | { readonly type: 'look-again'; readonly delayMs: number }

/** The decision as a function: what the runtime, tests and mutants of tests pass around. */
export type DiscoveryStep = (
  state: DiscoveryState,
  event: DiscoveryEvent,
) => readonly [DiscoveryState, readonly DiscoveryCommand[]]

export function newDiscovery(limits: DiscoveryLimits): DiscoveryState {
  return { limits, servers: [], failures: 0 }
}

/** Ensures: once there is a server there always is one; at most `serversMax`, each once; a command says when to look again. */
export const discoveryStep: DiscoveryStep = (state, event) => {
  const { limits } = state
  if (event.type === 'failed' || event.servers.length === 0) {
    const failures = state.failures + 1
    const delayMs = Math.min(limits.delayMaxMs, limits.delayMinMs * 2 ** (failures - 1))
    return [{ ...state, failures }, [{ type: 'look-again', delayMs }]]
  }
  const { atMs } = event
  const named = new Set(event.servers)
  const stayed = state.servers.filter(({ address, lastMs }) => !named.has(address) && atMs - lastMs <= limits.graceMs)
  const all = [...[...named].map((address) => ({ address, lastMs: atMs })), ...stayed]
  const servers = all.slice(0, limits.serversMax)
  const before = new Set(state.servers.map(({ address }) => address))
  const after = new Set(servers.map(({ address }) => address))
  const added = [...after].filter((address) => !before.has(address))
  const removed = [...before].filter((address) => !after.has(address))
  const look: DiscoveryCommand = { type: 'look-again', delayMs: limits.refreshMs }
  const tell: DiscoveryCommand = { type: 'tell', added, removed, left: all.length - servers.length }
  const isNews = added.length > 0 || removed.length > 0
  return [{ limits, servers, failures: 0 }, isNews ? [tell, look] : [look]]
}
