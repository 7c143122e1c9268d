/**
 * The state of an actor on its way to another node: small ones go in a message or a claim, longer ones into the blob store of the
 * engine, where a message only says under which key.
 */

import type { Codec } from '../codec/codec.ts'
import type { Extension } from '../codec/codec-extension.ts'
import type { BlobStore } from '../engine/blob-store.ts'
import { unreadableMessage } from '../errors/engine-errors.ts'
import { snapshotMissing } from '../errors/migration-errors.ts'
import type { NodePort } from '../node-port.ts'

/** Bytes of the longest state that goes in a message; a claim is read by every node, so it is far below the limit of one. */
export const inlineBytesMax = 65_536

/** Bytes of the longest state. */
export const stateBytesMax = 268_435_456

/** A state that is kept as a blob, in the place of one. */
export class StoredState {
  readonly key: string
  readonly bytes: number

  constructor(key: string, bytes: number) {
    this.key = key
    this.bytes = bytes
  }
}

/** How it is sent. */
export const storedStateExtension: Extension = {
  tag: 'stored-state',
  accepts: (value) => value instanceof StoredState,
  toPlain: (value) => [(value as StoredState).key, (value as StoredState).bytes],
  fromPlain(plain) {
    const [key, bytes] = Array.isArray(plain) ? plain : []
    if (typeof key !== 'string' || typeof bytes !== 'number') throw unreadableMessage('expected a stored state')
    return new StoredState(key, bytes)
  },
}

/** What was saved, ready to be sent. */
export interface Packed {
  /** What is sent: the state itself, or where it is kept. */
  readonly value: unknown
  readonly bytes: number
}

export class Snapshots {
  readonly #port: Pick<NodePort, 'engine' | 'system'>
  readonly #codec: Codec
  #blobs: Promise<BlobStore> | undefined

  /** `codec` says how long a state may be. */
  constructor(port: Pick<NodePort, 'engine' | 'system'>, codec: Codec) {
    this.#port = port
    this.#codec = codec
  }

  /** Rejects with `foundation/unsendable`, `foundation/payload-too-large`, and as the engine does. */
  async pack(saved: unknown, actor: string, key: string): Promise<Packed> {
    const body = this.#codec.encode(saved, `state of ${actor}`)
    if (body.length <= inlineBytesMax) return { value: saved, bytes: body.length }
    await (await this.#store()).put(key, body)
    return { value: new StoredState(key, body.length), bytes: body.length }
  }

  /** What was saved. Rejects with `foundation/snapshot-missing`. */
  async unpack(value: unknown, actor: string): Promise<unknown> {
    if (!(value instanceof StoredState)) return value
    const body = await (await this.#store()).get(value.key)
    if (body === undefined) throw snapshotMissing(actor, value.key)
    return this.#codec.decode(body)
  }

  /** Nobody begins with it any more. Never rejects: one that stays is written over by the next of its key. */
  async drop(value: unknown): Promise<void> {
    if (!(value instanceof StoredState)) return
    const store = await this.#store().catch(() => undefined)
    await store?.delete(value.key).catch(() => {})
  }

  #store(): Promise<BlobStore> {
    const opening = this.#blobs ?? this.#port.engine.blobs(`${this.#port.system}-snapshots`)
    this.#blobs = opening
    // What could not be opened is tried again the next time.
    opening.catch(() => {
      this.#blobs = undefined
    })
    return opening
  }
}
