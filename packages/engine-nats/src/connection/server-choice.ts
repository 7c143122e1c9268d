/**
 * Which server a connection tries next: not the one the other connection of this node is at, so that no single server takes both
 * away, and of the others the one that was tried least recently. Once a round the other's server has its turn, since it may be
 * the only one there is. Pure; loaded by the pulse's thread too.
 */

/** A server as the client has it in its pool. */
export interface PoolServer {
  /** `host:port`. */
  readonly listen: string
  /** When it was last tried, of the machine's clock; 0 for never. */
  readonly lastConnect: number
}

export interface ChoiceFacts {
  /** Where the other connection is; undefined when it is nowhere. */
  readonly other: string | undefined
  /** Tries since this connection was lost, from 0. */
  readonly tries: number
  /** Between two tries at one server. */
  readonly waitMs: number
  readonly nowMs: number
}

export interface ServerChoice<S extends PoolServer> {
  readonly server: S
  /** From now on. */
  readonly delayMs: number
}

/** Undefined where there is nothing to choose. */
export function serverChoice<S extends PoolServer>(
  pool: readonly S[],
  facts: ChoiceFacts,
): ServerChoice<S> | undefined {
  const { other, tries, waitMs, nowMs } = facts
  const apart = pool.filter((one) => one.listen !== other)
  const [first] = apart
  if (first === undefined || pool.length === 1) return undefined
  const isTurnOfOther = apart.length < pool.length && tries % pool.length === pool.length - 1
  const server = isTurnOfOther
    ? (pool.find((one) => one.listen === other) ?? first)
    : apart.reduce((best, one) => (one.lastConnect < best.lastConnect ? one : best), first)
  const leftMs = server.lastConnect === 0 ? 0 : server.lastConnect + waitMs - nowMs
  // A clock that was set back must not make it wait for ever.
  return { server, delayMs: Math.min(waitMs, Math.max(0, leftMs)) }
}
