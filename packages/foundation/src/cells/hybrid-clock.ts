/**
 * A hybrid logical clock: stamps that follow causality and stay near the time of day. Pure: time comes in, a new time goes
 * out. How far a remote stamp may be ahead of the own clock is bounded, so that one clock set wrongly drags nobody along.
 *
 * Source: Kulkarni, Demirbas, Madappa, Avva & Leone, Logical Physical Clocks, OPODIS 2014. Differs: the bound.
 */

/** A moment of the clock. `tick` orders what happened within one millisecond, or while the time of day stood still. */
export interface HybridTime {
  readonly wallMs: number
  readonly tick: number
}

/** A moment at one replica: no two are equal. */
export interface Stamp extends HybridTime {
  readonly replica: string
}

/** What became of a remote time. */
export type ObservedTime =
  | { readonly type: 'observed'; readonly time: HybridTime }
  /** It is further ahead than allowed, and changes nothing. */
  | { readonly type: 'ahead'; readonly aheadMs: number }

/** Before everything. */
export const hybridStart: HybridTime = { wallMs: 0, tick: 0 }

/** The moment of a local event. Ensures: later than `last`, also when the time of day went back. */
export function hybridNext(last: HybridTime, nowMs: number): HybridTime {
  return nowMs > last.wallMs ? { wallMs: nowMs, tick: 0 } : { wallMs: last.wallMs, tick: last.tick + 1 }
}

/** The clock after a message that carries `remote`. Ensures: later than both, unless `remote` is refused. */
export function hybridObserved(
  last: HybridTime,
  remote: HybridTime,
  limit: { readonly nowMs: number; readonly driftMaxMs: number },
): ObservedTime {
  const aheadMs = remote.wallMs - limit.nowMs
  if (aheadMs > limit.driftMaxMs) return { type: 'ahead', aheadMs }
  return { type: 'observed', time: hybridNext(hybridOrder(last, remote) < 0 ? remote : last, limit.nowMs) }
}

/** Total over stamps, in line with causality: negative when `a` is older. */
export function stampOrder(a: Stamp, b: Stamp): number {
  return hybridOrder(a, b) || (a.replica < b.replica ? -1 : a.replica > b.replica ? 1 : 0)
}

function hybridOrder(a: HybridTime, b: HybridTime): number {
  return a.wallMs - b.wallMs || a.tick - b.tick
}
