/** Whether a hub that should answer has been silent for too long: decided from what was heard between two looks. */

export interface LinkBeat {
  /** How many looks in a row heard nothing. */
  readonly missed: number
  /** As the look before saw them. */
  readonly takenBytes: number
  readonly waitingBytes: number
}

export const heardNow: LinkBeat = { missed: 0, takenBytes: 0, waitingBytes: 0 }

/** What a look sees of the connection. */
export interface LinkLook {
  /** Something came since the look before. */
  readonly heard: boolean
  /** All that went out so far, as far as the machine took it. */
  readonly takenBytes: number
  /** What it has not taken: its buffers are full. */
  readonly waitingBytes: number
}

/** Looks in a row without a word after which it does not answer. */
const missedMax = 2

/** How far two looks are apart for a silence of `unresponsiveMs`. */
export function lookEveryMs(unresponsiveMs: number): number {
  return unresponsiveMs / missedMax
}

/**
 * A look, at which the hub was asked for a word at the one before. A process that was held up itself looks once, however long that was, and
 * hears what came meanwhile before it looks again: it blames nobody. Nor does one that has filled the connection, behind which its question
 * waits: a hub that reads on makes room in buffers that were full.
 */
export function linkBeatStep(beat: LinkBeat, look: LinkLook): readonly [LinkBeat, isSilent: boolean] {
  const { heard, takenBytes, waitingBytes } = look
  const isRead = beat.waitingBytes > 0 && takenBytes > beat.takenBytes
  const missed = heard || isRead ? 0 : beat.missed + 1
  return [{ missed, takenBytes, waitingBytes }, missed >= missedMax]
}
