/** What a session's key holds, as the cache of the watch keeps it. */

import type { Codec } from '../codec/codec.ts'

export interface SessionRecord {
  readonly node: string
  readonly epoch: number
  /** The revision that began the session. */
  readonly token: number
  /** Of the newest write. */
  readonly revision: number
}

/** The first write does not know its own revision yet, so it says 0. */
export function sessionBytes(codec: Codec, session: { node: string; epoch: number; token: number }): Uint8Array {
  return codec.encode([1, session.node, session.epoch, session.token], 'session')
}

/** Undefined for what no node of this version wrote. */
export function sessionRecord(codec: Codec, value: Uint8Array, revision: number): SessionRecord | undefined {
  const parts = codec.decode(value)
  if (!Array.isArray(parts) || parts[0] !== 1) return undefined
  const [, node, epoch, token] = parts
  if (typeof node !== 'string' || typeof epoch !== 'number' || typeof token !== 'number') return undefined
  return { node, epoch, token: token === 0 ? revision : token, revision }
}
