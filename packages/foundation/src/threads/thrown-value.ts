/** How a thrown value crosses: as an error with its code and stack where it is one, else as it is or as a sentence. */

import type { Codec } from '../codec/codec.ts'
import { messageOf } from '../errors.ts'
import type { Thrown } from './thread-protocol.ts'

/** *Ensures*: never throws, also for what can't be sent. */
export function encodeThrown(codec: Codec, thrown: unknown): Uint8Array {
  const stack = thrown instanceof Error ? thrown.stack : undefined
  try {
    return codec.encode({ thrown, ...(stack !== undefined && { stack }) } satisfies Thrown)
  } catch {
    const short = messageOf(thrown).slice(0, 1_000)
    return codec.encode({ thrown: new Error(short) } satisfies Thrown)
  }
}

export function decodeThrown(codec: Codec, bytes: Uint8Array): unknown {
  const { thrown, stack } = codec.decode(bytes) as Thrown
  if (stack !== undefined && thrown instanceof Error) thrown.stack = stack
  return thrown
}
