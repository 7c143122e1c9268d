/** How long an instance takes, lately: an average that forgets, believes bad news at once and good news slowly. */

export interface LatencyAverage {
  readonly meanMs: number
  readonly atMs: number
}

/** After so long without news half of an average is forgotten. */
const halfLifeMs = 5_000

/**
 * The average after one more call.
 *
 * Source: the peak EWMA of Finagle (Twitter). Differs: none in what is believed; a half-life instead of a mean lifetime.
 * @example latencyAfter(undefined, 20, 0) // => { meanMs: 20, atMs: 0 }
 */
export function latencyAfter(before: LatencyAverage | undefined, tookMs: number, atMs: number): LatencyAverage {
  if (before === undefined) return { meanMs: tookMs, atMs }
  const kept = 2 ** (-Math.max(0, atMs - before.atMs) / halfLifeMs)
  const meanMs = tookMs > before.meanMs ? tookMs : before.meanMs * kept + tookMs * (1 - kept)
  return { meanMs, atMs }
}

/** The average now: without news it sinks to nothing, so that who was slow once is tried again. */
export function latencyNow(average: LatencyAverage | undefined, atMs: number): number {
  if (average === undefined) return 0
  return average.meanMs * 2 ** (-Math.max(0, atMs - average.atMs) / halfLifeMs)
}
