/** What comes back for a message that asks: a status byte, then a reply or an error as the codec writes them. */

import type { Codec } from '../codec/codec.ts'
import { unreadableMessage } from '../errors/engine-errors.ts'
import { fromWireError, messageOf, toWireError, type WireError } from '../errors.ts'

export type Answer = { readonly reply: unknown } | { readonly failure: unknown }

const statuses = { reply: 1, failure: 2 } as const
const sentenceLengthMax = 4_096
const dataLengthMax = 65_536

/** A reply that can't be sent becomes the failure that says so. */
export function encodeAnswer(codec: Codec, answer: Answer): Uint8Array {
  try {
    if ('reply' in answer) return withStatus(statuses.reply, codec.encode(answer.reply, 'reply'))
  } catch (thrown) {
    return withStatus(statuses.failure, codec.encode(boundedError(thrown), 'failure'))
  }
  return withStatus(statuses.failure, codec.encode(boundedError(answer.failure), 'failure'))
}

/** The reply. Throws the failure, with its code and data, and `foundation/unreadable-message`. */
export function decodeAnswer(codec: Codec, bytes: Uint8Array): unknown {
  const value = codec.decode(bytes.subarray(1))
  if (bytes[0] === statuses.reply) return value
  if (bytes[0] === statuses.failure) throw fromWireError(value as WireError)
  throw unreadableMessage(`expected an answer, got status ${bytes[0] ?? 'none'}`)
}

function withStatus(status: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(body.length + 1)
  bytes[0] = status
  bytes.set(body, 1)
  return bytes
}

/** An error that surely fits into a message: data and sentence are cut where they are long. */
function boundedError(thrown: unknown): WireError {
  const wire = toWireError(thrown)
  const message = messageOf(thrown).slice(0, sentenceLengthMax)
  return { ...wire, message, data: JSON.stringify(wire.data).length > dataLengthMax ? {} : wire.data }
}
