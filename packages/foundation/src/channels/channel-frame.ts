/**
 * A message of a channel as bytes: version, flags, a short header (who sent it, its context, where answers go) and the
 * body, which is looked at only when it is its turn. Both parts are written by the codec.
 */

import type { Codec } from '../codec/codec.ts'
import type { WireContext } from '../context/wire-context.ts'
import { unreadableMessage } from '../errors/engine-errors.ts'
import { decompressed } from './body-compression.ts'

export type FrameKind = 'message' | 'request' | 'answer' | 'failure'

export interface FrameHeader {
  /** The node that sent it, and the life of that node. */
  readonly from: string
  readonly epoch: number
  readonly context?: WireContext | undefined
  /** The subject of answers, and the number the asker knows the request by. */
  readonly replyTo?: string
  readonly request?: number
}

export interface Frame {
  readonly kind: FrameKind
  readonly header: Uint8Array
  readonly body: Uint8Array
  readonly compressed: boolean
}

const frameVersion = 1
const kinds = ['message', 'request', 'answer', 'failure'] as const satisfies readonly FrameKind[]
const compressedFlag = 4
const prefixBytes = 4

export function writeFrame({ kind, header, body, compressed }: Frame): Uint8Array {
  const bytes = new Uint8Array(prefixBytes + header.length + body.length)
  bytes[0] = frameVersion
  bytes[1] = kinds.indexOf(kind) + (compressed ? compressedFlag : 0)
  bytes[2] = header.length >> 8
  bytes[3] = header.length & 0xff
  bytes.set(header, prefixBytes)
  bytes.set(body, prefixBytes + header.length)
  return bytes
}

/** Throws `foundation/unreadable-message` for what no version of this one wrote. */
export function readFrame(bytes: Uint8Array): Frame {
  const [version, flags = 0, high = 0, low = 0] = bytes
  if (version !== frameVersion) throw unreadableMessage(`expected channel format ${frameVersion}, got ${version}`)
  if (flags >= compressedFlag * 2) throw unreadableMessage(`unknown flags ${flags} of a channel`)
  const bodyAt = prefixBytes + high * 256 + low
  if (bytes.length < bodyAt) throw unreadableMessage('a channel message that is cut off')
  const kind = kinds[flags % compressedFlag] as FrameKind
  const header = bytes.subarray(prefixBytes, bodyAt)
  return { kind, header, body: bytes.subarray(bodyAt), compressed: flags >= compressedFlag }
}

/** Throws `foundation/unreadable-message`. */
export function readHeader(codec: Codec, bytes: Uint8Array): FrameHeader {
  const header = codec.decode(bytes) as Partial<FrameHeader> | null
  if (typeof header !== 'object' || typeof header?.from !== 'string' || typeof header.epoch !== 'number') {
    throw unreadableMessage('a channel message without its sender')
  }
  return header as FrameHeader
}

/** A value of its own for each reader. Throws `foundation/unreadable-message`, `foundation/payload-too-large`. */
export function readBody(codec: Codec, frame: Frame, bytesMax: number): unknown {
  return codec.decode(frame.compressed ? decompressed(frame.body, bytesMax) : frame.body)
}
