/**
 * What the server says of a message in the subject it is to be answered on:
 * `$JS.ACK.<stream>.<consumer>.<attempt>.<sequence>.<sequence of the consumer>.<time>.<pending>`, or with two words more before the stream.
 */

export interface DeliveryWords {
  /** 1 for the first delivery. */
  readonly attempt: number
  readonly streamSequence: number
  readonly consumerSequence: number
  /** Messages that come after this one. */
  readonly pending: number
}

/** Undefined for a subject that is none of these. */
export function deliveryWords(subject: string | undefined): DeliveryWords | undefined {
  const words = subject?.split('.') ?? []
  if (words[0] !== '$JS' || words[1] !== 'ACK' || words.length < 9) return undefined
  const at = words.length === 9 ? 4 : 6
  const [attempt, streamSequence, consumerSequence, , pending] = words.slice(at, at + 5).map(Number)
  if (attempt === undefined || streamSequence === undefined || consumerSequence === undefined) return undefined
  return { attempt, streamSequence, consumerSequence, pending: pending ?? 0 }
}
