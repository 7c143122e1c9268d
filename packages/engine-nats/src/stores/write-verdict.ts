/**
 * What became of a write on a condition that a server has refused. A server that led the others until a moment ago may refuse what the
 * one that leads now does, and be the first to answer; and asked for a key's newest message it may give an older one. So what counts
 * is not the refusal but the newest message, which tells which write it is and which message it was written over. Pure.
 */

export interface RefusedWrite {
  /** Tells it from all other writes. */
  readonly id: string
  /** The newest message of the key that it was to be written over; 0 for none. */
  readonly over: number
  readonly isCreation: boolean
  /**
   * It went out once each time, and each server that refused it knew of something newer than `over`: whoever leads knows of that too,
   * so none has done it.
   */
  readonly isCertain: boolean
}

/** A key's newest message, as some server has it. */
export interface NewestMessage {
  readonly sequence: number
  /** Empty for what was written without a condition, and for the words of the server. */
  readonly id: string
  /** Undefined where it was written without a condition. */
  readonly over: number | undefined
  readonly isCreation: boolean
}

export type WriteVerdict =
  | 'written'
  /** Somebody else wrote, and it never was the newest. */
  | 'refused'
  /** Nothing is there yet, or what was found is old: it may be sent and looked for again. */
  | 'open'
  /** So much was written since that nobody knows whether it was among it. */
  | 'unknown'

export function writeVerdict(refused: RefusedWrite, newest: NewestMessage | undefined): WriteVerdict {
  if (newest === undefined) return 'open'
  if (newest.id === refused.id) return 'written'
  if (newest.sequence <= refused.over) return 'open'
  // Who creates writes over nothing, or over an end: of two that create at once the other one was first.
  const isOther = newest.over === refused.over || (refused.isCreation && newest.isCreation)
  return refused.isCertain || isOther ? 'refused' : 'unknown'
}
