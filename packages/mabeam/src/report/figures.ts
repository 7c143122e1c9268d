/** Figures as people read them. */

import type { Paired } from '../result.ts'

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

/** An interval of shares: `34.4 – 39.7`. */
export function percentRange([low, high]: readonly [number, number]): string {
  return `${(100 * low).toFixed(1)} – ${(100 * high).toFixed(1)}`
}

/** A paired difference in points with its interval: `+24.7 (+21.1 to +27.8)`. */
export function formatPaired({ difference, ci95 }: Paired): string {
  const signed = (value: number) => `${value >= 0 ? '+' : ''}${(100 * value).toFixed(1)}`
  return `${signed(difference)} (${signed(ci95[0])} to ${signed(ci95[1])})`
}

export function formatLatency(latencyMs: number | null): string {
  return latencyMs === null ? 'unknown' : `${latencyMs.toFixed(0)} ms`
}

/** What 1,000 rows cost. */
export function formatCost(costUsd: number | null): string {
  return costUsd === null ? 'unknown' : `$${(1000 * costUsd).toFixed(4)}`
}
