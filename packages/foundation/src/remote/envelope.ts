/**
 * What goes from node to node: a fixed binary prelude, then a body that the codec wrote. The prelude is read without
 * unpacking the body, so that what is late, doubled, or for an earlier life of this node is dropped cheaply.
 *
 * Layout (big-endian): version u8, kind u8, flags u8, then as f64 target id, target epoch, sender epoch, sequence and
 * deadline in milliseconds from sending, the name of the sending node and the name of the target actor as u8 length and
 * UTF-8, then the body.
 */

import { unreadableMessage } from '../errors/engine-errors.ts'

/** What a message from another node is. */
export type EnvelopeKind = (typeof envelopeKinds)[number]

/** In the order of their numbers on the wire, from 1: append only. */
export const envelopeKinds = [
  'call',
  'cast',
  'cancel',
  'monitor',
  'demonitor',
  'down',
  'start',
  'stop',
  'move',
] as const

export interface Envelope {
  readonly kind: EnvelopeKind
  /** The actor meant, by id in one life of its node; 0 where the name says it, or none is meant. */
  readonly targetId: number
  /** The life of the node that `targetId` belongs to. */
  readonly targetEpoch: number
  /** The registered name of the actor meant, '' for none. */
  readonly targetName: string
  readonly sender: string
  readonly senderEpoch: number
  /** Grows by one with each message from this sender to this node. */
  readonly sequence: number
  /** Milliseconds from sending; `Infinity` for none. */
  readonly deadlineMs: number
  /** Whether the sender may take it back. */
  readonly cancellable: boolean
  readonly body: Uint8Array
}

const envelopeVersion = 1
const flagBits = { cancellable: 1 } as const
const numbersAt = 3
const namesAt = numbersAt + 5 * 8

const text = new TextEncoder()
const read = new TextDecoder('utf-8', { fatal: true })

/** Requires: names of at most 255 bytes in UTF-8. */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  const sender = text.encode(envelope.sender)
  const name = text.encode(envelope.targetName)
  const bodyAt = namesAt + 2 + sender.length + name.length
  const bytes = new Uint8Array(bodyAt + envelope.body.length)
  const view = new DataView(bytes.buffer)
  bytes[0] = envelopeVersion
  bytes[1] = envelopeKinds.indexOf(envelope.kind) + 1
  bytes[2] = envelope.cancellable ? flagBits.cancellable : 0
  const numbers = [envelope.targetId, envelope.targetEpoch, envelope.senderEpoch, envelope.sequence]
  for (const [i, number] of [...numbers, envelope.deadlineMs].entries()) view.setFloat64(numbersAt + i * 8, number)
  bytes[namesAt] = sender.length
  bytes.set(sender, namesAt + 1)
  bytes[namesAt + 1 + sender.length] = name.length
  bytes.set(name, namesAt + 2 + sender.length)
  bytes.set(envelope.body, bodyAt)
  return bytes
}

/** Throws `foundation/unreadable-message` for bytes that no node of this version wrote. The body is a view, not a copy. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  if (bytes[0] !== envelopeVersion) {
    throw unreadableMessage(`expected envelope version ${envelopeVersion}, got ${bytes[0] ?? 'no bytes'}`)
  }
  const kind = envelopeKinds[(bytes[1] ?? 0) - 1]
  if (kind === undefined) throw unreadableMessage(`unknown kind of envelope ${bytes[1] ?? 'none'}`)
  const senderLength = bytes[namesAt] ?? 0
  const nameLength = bytes[namesAt + 1 + senderLength] ?? 0
  const bodyAt = namesAt + 2 + senderLength + nameLength
  if (bytes.length < bodyAt) throw unreadableMessage(`expected an envelope of ${bodyAt} bytes, got ${bytes.length}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const flags = bytes[2] ?? 0
  const number = (index: number) => view.getFloat64(numbersAt + index * 8)
  return {
    kind,
    targetId: number(0),
    targetEpoch: number(1),
    senderEpoch: number(2),
    sequence: number(3),
    deadlineMs: number(4),
    cancellable: (flags & flagBits.cancellable) !== 0,
    sender: name(bytes.subarray(namesAt + 1, namesAt + 1 + senderLength)),
    targetName: name(bytes.subarray(namesAt + 2 + senderLength, bodyAt)),
    body: bytes.subarray(bodyAt),
  }
}

function name(bytes: Uint8Array): string {
  try {
    return read.decode(bytes)
  } catch (cause) {
    throw unreadableMessage('a name in an envelope is no UTF-8', cause)
  }
}
