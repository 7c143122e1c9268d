/**
 * The keys of members: those of this node, made here of one secret and never sent, and what other nodes have published of theirs. What was
 * published for a member in one life of its node is never taken from anybody else for that life. Nothing is kept for a member that can't be
 * made again: whoever asks for keys of many takes nothing from others.
 */

import { createHmac } from 'node:crypto'
import { createCodec, hasCode, type KeyedState } from '@mabeam/foundation'
import type { Signer } from '../authentication.ts'
import { newSigningKeys, type SigningKeys, signingKeysOf, sigSigner } from '../authentications/sig.ts'
import { hashOf } from '../canonical-bytes.ts'
import type { HostNode } from './host-options.ts'
import { nowhere, type Seat } from './opening.ts'
import type { ReplicaStore } from './replica-store.ts'

/** Keys that are kept ready, of members here and elsewhere; the oldest are made or asked for anew. */
const keysMax = 20_000
const version = 1

/**
 * The key of a member that nobody speaks for. Nobody can sign for it: no point of the curve of Ed25519 has 2 as its y, so that no signature
 * is ever one of it.
 */
export const nobodysKey: Uint8Array = Uint8Array.of(2, ...new Uint8Array(31))

export class KeyRing {
  readonly #node: HostNode
  readonly #store: Pick<ReplicaStore, 'keys'>
  readonly #codec = createCodec()
  readonly #secret: Uint8Array
  readonly #own = new Map<string, SigningKeys>()
  readonly #signers = new Map<string, Signer>()
  /** By member, node and life. */
  readonly #published = new Map<string, Promise<Uint8Array | undefined>>()
  #state: Promise<KeyedState> | undefined

  constructor(node: HostNode, store: Pick<ReplicaStore, 'keys' | 'secret' | 'noteSecret'>) {
    this.#node = node
    this.#store = store
    this.#secret = store.secret ?? newSigningKeys().privateKey
    if (store.secret === undefined) store.noteSecret(this.#secret)
  }

  /** What only this node can know, and tell whom it likes: 32 bytes, for each name others and always the same. */
  secretOf(name: string): Uint8Array {
    return createHmac('sha256', this.#secret).update(name).digest()
  }

  /** Of a member of this node. */
  own(id: string): SigningKeys {
    // An earlier version made each at random and wrote it down.
    const known = this.#store.keys.get(id) ?? this.#own.get(id)
    if (known !== undefined) return known
    const keys = signingKeysOf(this.secretOf(`key of ${id}`))
    makeRoom(this.#own)
    this.#own.set(id, keys)
    return keys
  }

  /** Signs for that member, at its place in an agreement. */
  signer(id: string, place: number): Signer {
    let signer = this.#signers.get(id)
    if (signer === undefined) {
      signer = sigSigner(place, this.own(id))
      makeRoom(this.#signers)
      this.#signers.set(id, signer)
    }
    const { sign } = signer
    return { member: place, sign }
  }

  isOwn(id: string, publicKey: Uint8Array | undefined): boolean {
    return publicKey !== undefined && Buffer.compare(this.own(id).publicKey, publicKey) === 0
  }

  /** The public keys of members of this node, once all others can look them up. Rejects as the engine does. */
  async publish(ids: readonly string[]): Promise<readonly Uint8Array[]> {
    const state = await this.#open()
    const { name, epoch } = this.#node
    return await Promise.all(
      ids.map(async (id) => {
        const { publicKey } = this.own(id)
        const label = labelOf(id, name, epoch)
        if (!this.#published.has(label)) {
          await state.put(keyOf(id, name), this.#codec.encode([version, epoch, publicKey]))
          this.#remember(label, Promise.resolve(publicKey))
        }
        return publicKey
      }),
    )
  }

  /**
   * Whether each seat has the key that its node has published, or that of nobody, and none is taken for a name that is known to be of another
   * node: what is signed there would be held against who has the name. Rejects as the engine does.
   */
  async areGenuine(seats: readonly Seat[]): Promise<boolean> {
    const checked = await Promise.all(
      seats.map(async (seat) => {
        if (seat.publicKey === undefined) return false
        if (Buffer.compare(seat.publicKey, nobodysKey) === 0) return true
        if (seat.node === nowhere) return false
        const holder = await this.#node.holderOf(seat.id)
        if (holder !== undefined && holder !== seat.node) return false
        const known = await this.#lookUp(seat)
        return known !== undefined && Buffer.compare(known, seat.publicKey) === 0
      }),
    )
    return checked.every((isGenuine) => isGenuine)
  }

  #lookUp({ id, node, epoch }: Seat): Promise<Uint8Array | undefined> {
    const label = labelOf(id, node, epoch)
    const known = this.#published.get(label)
    if (known !== undefined) return known
    const reading = this.#read(keyOf(id, node), epoch)
    this.#remember(label, reading)
    // What is not there yet, or could not be read, is looked up again.
    const forget = () => void this.#published.delete(label)
    reading.then((key) => key === undefined && forget(), forget)
    return reading
  }

  async #read(key: string, epoch: number): Promise<Uint8Array | undefined> {
    const entry = await (await this.#open()).get(key)
    if (entry === undefined) return undefined
    const read = this.#codec.decode(entry.value)
    const [written, of, publicKey] = Array.isArray(read) ? (read as readonly unknown[]) : []
    if (written !== version || !(publicKey instanceof Uint8Array)) return undefined
    // Of another life: a key that nobody can have for this one.
    return of === epoch ? publicKey : new Uint8Array()
  }

  #remember(label: string, key: Promise<Uint8Array | undefined>): void {
    makeRoom(this.#published)
    this.#published.set(label, key)
  }

  #open(): Promise<KeyedState> {
    if (this.#state === undefined) {
      this.#state = this.#node.engine.state(`${this.#node.system}-member-keys`)
      this.#state.catch((thrown) => {
        if (!hasCode(thrown, 'foundation/options-differ')) this.#state = undefined
      })
    }
    return this.#state
  }
}

/** For one more. */
function makeRoom(kept: Map<string, unknown>): void {
  if (kept.size >= keysMax) kept.delete(kept.keys().next().value ?? '')
}

function keyOf(id: string, node: string): string {
  return `${hashOf(Buffer.from(id))}.${node}`
}

function labelOf(id: string, node: string, epoch: number): string {
  return JSON.stringify([id, node, epoch])
}
