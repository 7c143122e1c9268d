/**
 * What outlives the process: what replicas must not forget, and the keys of members. In memory nothing does, and a node that begins anew
 * takes no part in what it was in before. In a journal all does that is needed to go on.
 */

import { createCodec, type Journal, type Json, openJournal } from '@mabeam/foundation'
import type { SigningKeys } from '../authentications/sig.ts'
import type { Digest } from '../canonical-bytes.ts'
import type { DurableState } from '../replica-state.ts'
import type { ExpelledMember, Membership } from './member-trust.ts'
import { type Opening, openingSchema } from './opening.ts'

/** An agreement that an earlier life was in. */
export interface StoredAgreement {
  readonly opening: Opening
  readonly states: Map<number, DurableState>
}

/** *Delivery*: what was noted is found again in the order of noting, once `written` has resolved. */
export interface ReplicaStore extends AsyncDisposable {
  /** What was found when it was opened: what keys of members are made of, and those that an earlier version has written down. */
  readonly secret: Uint8Array | undefined
  readonly keys: ReadonlyMap<string, SigningKeys>
  readonly agreements: ReadonlyMap<Digest, StoredAgreement>
  /** Who was out, and how often that had changed. */
  readonly membership: Membership
  /** In place of what was noted before. */
  noteMembership(membership: Membership): void
  /** Once, where there was none. */
  noteSecret(secret: Uint8Array): void
  noteOpening(agreement: Digest, opening: Opening): void
  noteState(agreement: Digest, member: number, state: DurableState): void
  noteEnd(agreement: Digest): void
  /** When all that was noted so far is on disk; nothing where it is, or never will be. Rejects as a journal does. */
  written(): Promise<void> | undefined
}

export function memoryStore(): ReplicaStore {
  return {
    secret: undefined,
    keys: new Map(),
    agreements: new Map(),
    membership: { changes: 0, expelled: new Map() },
    noteMembership() {},
    noteSecret() {},
    noteOpening() {},
    noteState() {},
    noteEnd() {},
    written: () => undefined,
    [Symbol.asyncDispose]: async () => {},
  }
}

/** Of records: of what has ended nothing is kept, from then on or when it is next opened. */
const recordsMax = 10_000
const kind = 'coordination-replicas'
const version = 1

/** Opens the journal at that path. Rejects as `openJournal` does; lines that are none of ours are passed over. */
export async function journalStore(path: string): Promise<ReplicaStore> {
  const journal = await openJournal({ path, kind, version })
  try {
    const store = new JournalStore(journal)
    await store.compact()
    return store
  } catch (thrown) {
    await journal.close()
    throw thrown
  }
}

class JournalStore implements ReplicaStore {
  secret: Uint8Array | undefined
  membership: Membership = { changes: 0, expelled: new Map() }
  readonly keys = new Map<string, SigningKeys>()
  readonly agreements = new Map<Digest, StoredAgreement>()
  readonly #journal: Journal
  readonly #codec = createCodec({ bytesMax: 67_108_864, depthMax: 10_000 })
  #records = 0
  #writing: Promise<void> | undefined

  constructor(journal: Journal) {
    this.#journal = journal
    for (const record of journal.records) this.#read(record)
  }

  noteMembership({ changes, expelled }: Membership): void {
    this.membership = { changes, expelled: new Map(expelled) }
    this.#append(this.#membershipRecord())
  }

  noteSecret(secret: Uint8Array): void {
    this.secret = secret
    this.#append(secretRecord(secret))
  }

  noteOpening(agreement: Digest, opening: Opening): void {
    const plain = { ...opening, seats: opening.seats.map(({ actor: _, ...seat }) => seat) }
    this.agreements.set(agreement, { opening: plain, states: new Map() })
    this.#append({ type: 'opened', agreement, opening: this.#text(plain) })
  }

  noteState(agreement: Digest, member: number, state: DurableState): void {
    const known = this.agreements.get(agreement)
    if (known === undefined) return
    known.states.set(member, state)
    this.#append({ type: 'state', agreement, member, state: this.#text(state) })
  }

  noteEnd(agreement: Digest): void {
    if (!this.agreements.delete(agreement)) return
    this.#append({ type: 'ended', agreement })
    if (this.#records > recordsMax) void this.compact().catch(() => {})
  }

  written(): Promise<void> | undefined {
    return this.#writing
  }

  /** Puts what is still needed in the place of all that was written. */
  async compact(): Promise<void> {
    const records = [...this.#live()]
    this.#records = records.length
    await this.#after(() => this.#journal.rewrite(records))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing?.catch(() => {})
    await this.#journal.close()
  }

  #append(record: Json): void {
    this.#records++
    void this.#after(() => this.#journal.append(record)).catch(() => {})
  }

  /** What is noted later is on disk no sooner than what was noted before. */
  #after(write: () => Promise<void>): Promise<void> {
    const before = this.#writing
    const written = write()
    const both = before === undefined ? written : Promise.all([before, written]).then(() => {})
    this.#writing = both
    const done = () => {
      if (this.#writing === both) this.#writing = undefined
    }
    // A failed journal fails whatever comes after, so that nothing is sent that was not written.
    both.then(done, () => {})
    return both
  }

  *#live(): Iterable<Json> {
    if (this.secret !== undefined) yield secretRecord(this.secret)
    if (this.membership.changes > 0) yield this.#membershipRecord()
    for (const [id, keys] of this.keys) yield keyRecord(id, keys)
    for (const [agreement, { opening, states }] of this.agreements) {
      yield { type: 'opened', agreement, opening: this.#text(opening) }
      for (const [member, state] of states) yield { type: 'state', agreement, member, state: this.#text(state) }
    }
  }

  #membershipRecord(): Json {
    const { changes, expelled } = this.membership
    return { type: 'membership', changes, expelled: this.#text([...expelled.values()]) }
  }

  #text(value: unknown): string {
    return Buffer.from(this.#codec.encode(value)).toString('base64')
  }

  #value(text: Json | undefined): unknown {
    return this.#codec.decode(Buffer.from(String(text), 'base64'))
  }

  #read(record: Json): void {
    const line = record as { readonly [field: string]: Json | undefined }
    const agreement = String(line.agreement)
    if (line.type === 'key') {
      const [publicKey, privateKey] = [line.publicKey, line.privateKey].map((text) =>
        Buffer.from(String(text), 'base64'),
      )
      if (publicKey !== undefined && privateKey !== undefined) this.keys.set(String(line.id), { publicKey, privateKey })
    } else if (line.type === 'secret') this.secret = Buffer.from(String(line.secret), 'base64')
    else if (line.type === 'membership') {
      const expelled = this.#value(line.expelled) as readonly ExpelledMember[]
      this.membership = { changes: Number(line.changes), expelled: new Map(expelled.map((one) => [one.id, one])) }
    } else if (line.type === 'opened') {
      const { success, data } = openingSchema.safeParse(this.#value(line.opening))
      if (success) this.agreements.set(agreement, { opening: data, states: new Map() })
    } else if (line.type === 'state') {
      this.agreements.get(agreement)?.states.set(Number(line.member), this.#value(line.state) as DurableState)
    } else if (line.type === 'ended') this.agreements.delete(agreement)
  }
}

function secretRecord(secret: Uint8Array): Json {
  return { type: 'secret', secret: Buffer.from(secret).toString('base64') }
}

function keyRecord(id: string, { publicKey, privateKey }: SigningKeys): Json {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  return { type: 'key', id, publicKey: text(publicKey), privateKey: text(privateKey) }
}
