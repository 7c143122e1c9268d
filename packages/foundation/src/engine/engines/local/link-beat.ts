/** Whether a hub that should answer has been silent for too long: decided from what was heard between two looks. */

/** How many looks in a row heard nothing. */
export interface LinkBeat {
  readonly missed: number
}

export const heardNow: LinkBeat = { missed: 0 }

/** Looks in a row without a word after which it does not answer. */
const missedMax = 2

/** How far two looks are apart for a silence of `unresponsiveMs`. */
export function lookEveryMs(unresponsiveMs: number): number {
  return unresponsiveMs / missedMax
}

/**
 * A look, at which the hub was asked for a word at the one before. A process that was held up itself looks once, however long that was, and
 * hears what came meanwhile before it looks again: it blames nobody.
 */
export function linkBeatStep(beat: LinkBeat, heard: boolean): readonly [LinkBeat, isSilent: boolean] {
  const missed = heard ? 0 : beat.missed + 1
  return [{ missed }, missed >= missedMax]
}
