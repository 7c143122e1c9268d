/**
 * When a thread counts as blocked: a pure step over what its counter said at each look. A thread that waits turns and so
 * beats; one that computes does not.
 */

/** What was seen so far. */
export interface Watched {
  readonly beats: number
  readonly atMs: number
  /** How long the counter has stood still, as far as somebody looked. */
  readonly stillMs: number
}

export interface Look {
  readonly beats: number
  readonly atMs: number
}

export interface WatchLimits {
  readonly blockedMsMax: number
  /**
   * The most that one look adds. Two looks that lie further apart say that the one who looks was held up, perhaps the
   * whole process (a stopped machine, a debugger), and the thread with it.
   */
  readonly gapMsMax: number
}

/** Before its first beat a thread is loading and not watched. */
export const unwatched: Watched = { beats: 0, atMs: 0, stillMs: 0 }

/** *Ensures*: never blocked at a look at which the counter has moved since the last. */
export function watchStep(seen: Watched, look: Look, limits: WatchLimits): readonly [Watched, blocked: boolean] {
  if (look.beats !== seen.beats || look.beats === 0) return [{ ...look, stillMs: 0 }, false]
  const gapMs = Math.min(Math.max(0, look.atMs - seen.atMs), limits.gapMsMax)
  const stillMs = seen.stillMs + gapMs
  return [{ ...look, stillMs }, stillMs > limits.blockedMsMax]
}
