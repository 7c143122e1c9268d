/** A claim, and what its key holds. Version 1. */

import type { Codec } from '../codec/codec.ts'
import type { StateEntry } from '../engine/keyed-state.ts'

export interface Claim {
  readonly key: string
  readonly node: string
  readonly epoch: number
  /** The session it hangs on. */
  readonly session: number
  /** Given up by its holder. */
  readonly released: boolean
  /** What the last holder left for the next. */
  readonly handedOver: unknown
  /** The revision it was taken or released with: the fencing token. */
  readonly token: number
}

const claimVersion = 1

export function claimBytes(codec: Codec, claim: Omit<Claim, 'token'>): Uint8Array {
  const { key, node, epoch, session, released, handedOver } = claim
  return codec.encode([claimVersion, node, epoch, session, released, handedOver], `claim ${key}`)
}

/** Undefined for what no node of this version wrote. */
export function claimRecord(codec: Codec, { key, value, revision: token }: StateEntry): Claim | undefined {
  const parts = codec.decode(value)
  if (!Array.isArray(parts) || parts[0] !== claimVersion) return undefined
  const [, node, epoch, session, released] = parts
  if (typeof node !== 'string' || typeof epoch !== 'number' || typeof session !== 'number') return undefined
  return {
    key,
    node,
    epoch,
    session,
    released: released === true,
    // Each time anew: it may be long, is seldom asked for, and whoever begins with it may change it.
    get handedOver() {
      return (codec.decode(value) as readonly unknown[])[5]
    },
    token,
  }
}
