/**
 * A key's newest message in its stream, as keyed state has it. A value that is message n has revision 2n; what ended one (a
 * deletion, or the server's word that its time was over) is message n with revision 2n + 1. So a revision says by itself whether a
 * value can have it, and none is ever used twice.
 */

import type { MsgHdrs } from '@nats-io/nats-core'

/** On a message that says its key has no value. */
export const goneHeader = 'Mabeam-Gone'
/** On a message that the server wrote because there was one that ended, with the reason. */
const markerHeader = 'Nats-Marker-Reason'

export function revisionOf(sequence: number): number {
  return sequence * 2
}

/** The message that a value of this revision would be; undefined when none can be. */
export function sequenceOf(revision: number): number | undefined {
  return Number.isSafeInteger(revision) && revision >= 2 && revision % 2 === 0 ? revision / 2 : undefined
}

export function endRevisionOf(sequence: number): number {
  return sequence * 2 + 1
}

/** How a key lost its value; undefined when the message is a value. */
export function endOf(headers: MsgHdrs | undefined): 'deleted' | 'expired' | undefined {
  if (headers === undefined) return undefined
  const reason = headers.get(markerHeader)
  if (reason !== '') return reason === 'MaxAge' ? 'expired' : 'deleted'
  return headers.has(goneHeader) ? 'deleted' : undefined
}
