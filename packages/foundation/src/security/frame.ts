/**
 * What a signed message looks like on the wire, version 1 (ADR 0017): who sent it, its number and time, the body as it was given, and a
 * MAC over all of it and the subject. Its first byte begins no value of MessagePack, so nobody takes it for a plain message.
 *
 * Layout (big-endian): 0xc1 u8, version u8, kind u8, length of the name u8, id of the key u32, instance 8 bytes, then as f64 the epoch,
 * the number and the time of sending in milliseconds; the name of the sender in UTF-8, the body, the MAC (16 bytes). Kinds are
 * append only. A refusal is four bytes, 0xc1, version, 0 and the number of its reason, and is not signed: it is for those who have no
 * secret.
 */

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { MessageKey } from './system-keys.ts'

const magic = 0xc1
const frameVersion = 1
const fixedBytes = 40
/** HMAC-SHA-256 cut to 128 bits, as RFC 4868 has it. */
const macBytes = 16
const refusalKind = 0

/** In the order of their numbers on the wire, from 1: append only. */
const frameKinds = ['publish', 'request', 'redundant-request', 'answer'] as const
export type FrameKind = (typeof frameKinds)[number]

/** Why a message is not taken, in the order of their numbers on the wire, from 1: append only. */
export const refusalReasons = [
  /** It carries no signature. */
  'unsigned',
  /** It is signed in another version. */
  'version',
  /** It is cut off, or its parts do not fit. */
  'malformed',
  /** It is signed with a secret that this node does not have. */
  'unknown-secret',
  /** The signature is not that of this message on this subject. */
  'signature',
  /** It was signed longer ago, or later, than clocks may differ. */
  'stale',
  /** It was heard before. */
  'replayed',
  /** Newer ones have overtaken it so far that nobody knows whether it was heard before. */
  'overtaken',
] as const
export type RefusalReason = (typeof refusalReasons)[number]

/** Who signs, the same for all of its messages. */
export interface FrameSender {
  readonly name: string
  readonly epoch: number
  /** 8 bytes that no other sender has. */
  readonly instance: Uint8Array
}

/** What is said of one message. */
export interface FrameHead {
  readonly kind: FrameKind
  /** Of a sender's messages; grows. */
  readonly sequence: number
  readonly sentMs: number
}

/** What the signature covers besides the frame: where it was said and, of an answer, what is answered. */
export interface FrameContext {
  readonly subject: string
  /** `conversationOf` the request. @default none: it is no answer */
  readonly conversation?: string
}

export interface Frame extends FrameHead {
  readonly keyId: number
  readonly sender: string
  readonly epoch: number
  /** Tells lives of senders apart: instance and epoch. */
  readonly life: string
  readonly body: Uint8Array
}

/** What is the same in all frames of one sender. */
export function frameTemplate({ name, epoch, instance }: FrameSender): Uint8Array {
  const named = Buffer.from(name, 'utf8')
  const template = Buffer.alloc(fixedBytes + named.length)
  template[0] = magic
  template[1] = frameVersion
  template[3] = named.length
  template.set(instance, 8)
  template.writeDoubleBE(epoch, 16)
  template.set(named, fixedBytes)
  return template
}

/** A frame of its own memory. Requires: a name of at most 255 bytes. */
export function sealedFrame(
  { template, key }: { readonly template: Uint8Array; readonly key: MessageKey },
  { kind, sequence, sentMs, ...context }: FrameHead & FrameContext,
  body: Uint8Array,
): Uint8Array {
  // Not of the pool: engines hand memory over whole.
  const bytes = Buffer.from(new ArrayBuffer(template.length + body.length + macBytes))
  const signedBytes = template.length + body.length
  bytes.set(template)
  bytes[2] = frameKinds.indexOf(kind) + 1
  bytes.writeUInt32BE(key.id, 4)
  bytes.writeDoubleBE(sequence, 24)
  bytes.writeDoubleBE(sentMs, 32)
  bytes.set(body, template.length)
  bytes.set(macOf(key, context, bytes.subarray(0, signedBytes)), signedBytes)
  return bytes
}

/** The parts of a frame, nothing of which is to be believed before `isGenuine`; or why it is none. */
export function readFrame(given: Uint8Array): Frame | 'unsigned' | 'version' | 'malformed' {
  if (given[0] !== magic) return 'unsigned'
  if (given[1] !== frameVersion) return 'version'
  const kind = frameKinds[(given[2] ?? 0) - 1]
  const bodyAt = fixedBytes + (given[3] ?? 0)
  if (kind === undefined || given.length < bodyAt + macBytes) return 'malformed'
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.length)
  const [epoch, sequence, sentMs] = [bytes.readDoubleBE(16), bytes.readDoubleBE(24), bytes.readDoubleBE(32)]
  if (!Number.isSafeInteger(sequence) || sequence < 0 || !Number.isFinite(sentMs)) return 'malformed'
  return {
    kind,
    keyId: bytes.readUInt32BE(4),
    sender: bytes.toString('utf8', fixedBytes, bodyAt),
    epoch,
    life: lifeOf(bytes),
    sequence,
    sentMs,
    body: given.subarray(bodyAt, given.length - macBytes),
  }
}

/** Of a frame, or of a template. */
export function lifeOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1', 8, 24)
}

/** Whether somebody who has the key has said just this in that context. */
export function isGenuine(key: MessageKey, context: FrameContext, bytes: Uint8Array): boolean {
  const macAt = bytes.length - macBytes
  return timingSafeEqual(macOf(key, context, bytes.subarray(0, macAt)), bytes.subarray(macAt))
}

/** Names one request among all: what its answers are bound to. */
export function conversationOf(life: string, sequence: number): string {
  return `${life}${sequence}`
}

/** What is said to who asked and was not taken. */
export function refusalFrame(reason: RefusalReason): Uint8Array {
  return Uint8Array.of(magic, frameVersion, refusalKind, refusalReasons.indexOf(reason) + 1)
}

/** Why somebody did not take a request, where the answer says so. Anybody may have said it. */
export function refusalOf(answer: Uint8Array): RefusalReason | undefined {
  if (answer.length !== 4 || answer[0] !== magic || answer[1] !== frameVersion || answer[2] !== refusalKind) {
    return undefined
  }
  return refusalReasons[(answer[3] ?? 0) - 1]
}

/** No subject holds a line break, so no two contexts begin alike. */
function macOf({ key }: MessageKey, { subject, conversation = '' }: FrameContext, signed: Uint8Array): Uint8Array {
  const mac = createHmac('sha256', key).update(`${subject}\n${conversation}\n`, 'latin1')
  return mac.update(signed).digest().subarray(0, macBytes)
}
