/** What a session's key holds, as the cache of the watch keeps it. */

import type { Codec } from '../codec/codec.ts'
import type { KeyedState } from '../engine/keyed-state.ts'
import type { NodePort } from '../node-port.ts'

export interface SessionRecord {
  readonly node: string
  readonly epoch: number
  /** The revision that began the session. */
  readonly token: number
  /** Of the newest write. */
  readonly revision: number
  /** Where the node signs its messages. */
  readonly signed?: SignedBy
}

/** What others have to know to understand a node. */
export interface SignedBy {
  /** Of its secrets; the one that signs first. */
  readonly keyIds: readonly number[]
  /** By its clock, when it wrote this. */
  readonly atMs: number
}

/** A session as it is written; the first write does not know its own revision yet, so it says token 0. */
export type WrittenSession = Omit<SessionRecord, 'revision'>

/** The sessions of all nodes of a system. Rejects as the engine does. */
export function openSessionState({ engine, system }: NodePort, expiryMs: number): Promise<KeyedState> {
  return engine.state(`${system}-sessions`, { expiryMs })
}

export function sessionBytes(codec: Codec, { node, epoch, token, signed }: WrittenSession): Uint8Array {
  const parts = [1, node, epoch, token]
  return codec.encode(signed === undefined ? parts : [...parts, signed.keyIds, signed.atMs], 'session')
}

/** Undefined for what no node of this version wrote. */
export function sessionRecord(codec: Codec, value: Uint8Array, revision: number): SessionRecord | undefined {
  const parts = codec.decode(value)
  if (!Array.isArray(parts) || parts[0] !== 1) return undefined
  const [, node, epoch, token, keyIds, atMs] = parts
  if (typeof node !== 'string' || typeof epoch !== 'number' || typeof token !== 'number') return undefined
  const isSigned = Array.isArray(keyIds) && keyIds.every(Number.isSafeInteger) && typeof atMs === 'number'
  return {
    node,
    epoch,
    token: token === 0 ? revision : token,
    revision,
    ...(isSigned && { signed: { keyIds, atMs } }),
  }
}
