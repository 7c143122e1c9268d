/**
 * The layout of the hub's log: frames of a length, a CRC-32 of the length, a CRC-32 of the payload (four bytes each) and the payload. The
 * end of a log whose writer was killed may hold a part of a frame, which was never acknowledged. Anything else that does not fit is damage.
 */

import { crc32 } from 'node:zlib'

/** The longest payload. Longer ones are damage. */
const payloadBytesMax = 68_157_440
const headBytes = 12

export function logFrame(payload: Uint8Array): readonly [head: Buffer, payload: Uint8Array] {
  const head = Buffer.allocUnsafe(headBytes)
  head.writeUInt32BE(payload.length, 0)
  head.writeUInt32BE(crc32(head.subarray(0, 4)), 4)
  head.writeUInt32BE(crc32(payload), 8)
  return [head, payload]
}

/**
 * What stands at `at` in `bytes`, of a file that ends where they do when `isLast`: a payload and where it ends; `more` when that can't be
 * told without the bytes that follow; `torn` when a write was cut off there; `damaged` when what was written through has changed.
 */
export type LogFrame =
  | { readonly type: 'payload'; readonly payload: Buffer; readonly end: number }
  | { readonly type: 'more' | 'torn' }
  | { readonly type: 'damaged'; readonly sentence: string }

export function readLogFrame(bytes: Buffer, at: number, isLast: boolean): LogFrame {
  if (bytes.length - at < headBytes) return { type: isLast ? 'torn' : 'more' }
  const length = bytes.readUInt32BE(at)
  const isLength = crc32(bytes.subarray(at, at + 4)) === bytes.readUInt32BE(at + 4) && length <= payloadBytesMax
  const end = at + headBytes + length
  if (isLength) {
    if (end > bytes.length) return { type: isLast ? 'torn' : 'more' }
    const payload = bytes.subarray(at + headBytes, end)
    if (crc32(payload) === bytes.readUInt32BE(at + 8)) return { type: 'payload', payload, end }
  }
  if (!isLast) return { type: 'more' }
  // A file that was made longer by a write that never came through ends in zeros.
  if ((isLength && end === bytes.length) || bytes.subarray(at).every((byte) => byte === 0)) return { type: 'torn' }
  return { type: 'damaged', sentence: isLength ? 'a wrong checksum' : 'no length' }
}
