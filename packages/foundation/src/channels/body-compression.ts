/** Large bodies made small on the way. Blocks the thread: about 6 ms a MiB, which is why it begins at a size. */

import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'
import { payloadTooLarge, unreadableMessage } from '../errors/engine-errors.ts'

/** The deflated body where it has `compressBytes` or more and gets smaller; else undefined. */
export function compressed(body: Uint8Array, compressBytes: number): Uint8Array | undefined {
  if (body.length < compressBytes) return undefined
  const small = deflateRawSync(body, { level: constants.Z_BEST_SPEED })
  return small.length < body.length ? small : undefined
}

/**
 * Throws `foundation/payload-too-large` for what would be longer than `bytesMax`, without making it, and
 * `foundation/unreadable-message` for what is not deflated.
 */
export function decompressed(body: Uint8Array, bytesMax: number): Uint8Array {
  try {
    return inflateRawSync(body, { maxOutputLength: bytesMax })
  } catch (cause) {
    const tooLarge = (cause as { readonly code?: string }).code === 'ERR_BUFFER_TOO_LARGE'
    if (tooLarge) throw payloadTooLarge('a compressed body', bytesMax, bytesMax + 1)
    throw unreadableMessage('a compressed body that is none', cause)
  }
}
