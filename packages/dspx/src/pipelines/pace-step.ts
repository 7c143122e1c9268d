/**
 * How long the next item waits so that a rate holds: a pure step.
 *
 * Source: the generic cell rate algorithm, ITU-T I.371 (virtual scheduling). Differs: an item that is too early waits, it is not refused.
 */

/** So many a second, and so many at once after a pause. */
export interface PaceBounds {
  readonly perSec: number
  readonly burst: number
}

/** When the bucket would be full again, on the clock of durations. */
export interface PaceState {
  readonly fullAtMs: number
}

/** The decision as a function: what tests and their mutants pass around. */
export type PaceStep = (
  state: PaceState,
  nowMs: number,
  bounds: PaceBounds,
) => readonly [PaceState, { readonly waitMs: number }]

/** Ensures: items that wait as they are told are at most `burst + t * perSec` in any time of `t` seconds. */
export const paceStep: PaceStep = ({ fullAtMs }, nowMs, { perSec, burst }) => {
  const intervalMs = 1_000 / perSec
  const fromMs = Math.max(fullAtMs, nowMs)
  const waitMs = Math.max(0, fromMs - (burst - 1) * intervalMs - nowMs)
  return [{ fullAtMs: fromMs + intervalMs }, { waitMs }]
}
