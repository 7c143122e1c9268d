/**
 * Messages that came before the agreement they are of was opened here. Bounded; what finds no room is said again in a later view, and whoever
 * sent most makes room.
 */

import type { Digest } from '../canonical-bytes.ts'
import type { PeerItem } from './peer-mail.ts'

const bytesMax = 16_777_216

interface Kept {
  readonly agreement: Digest
  readonly item: PeerItem
}

interface Sent {
  readonly items: Kept[]
  bytes: number
}

export class EarlyMail {
  readonly #itemsMax: number
  readonly #sent = new Map<string, Sent>()
  #size = 0
  #bytes = 0

  constructor(itemsMax: number) {
    this.#itemsMax = itemsMax
  }

  get size(): number {
    return this.#size
  }

  /** How many had to go for it. */
  keep(agreement: Digest, sender: string, item: PeerItem): number {
    const sent = this.#sent.get(sender) ?? { items: [], bytes: 0 }
    this.#sent.set(sender, sent)
    sent.items.push({ agreement, item })
    this.#count(sent, 1, item)
    let dropped = 0
    while (this.#size > this.#itemsMax || this.#bytes > bytesMax) {
      this.#dropOne()
      dropped++
    }
    return dropped
  }

  /** Those of that agreement, of each sender in order; they are not here any more. */
  take(agreement: Digest): readonly PeerItem[] {
    const taken: PeerItem[] = []
    for (const [sender, sent] of this.#sent) {
      for (const one of sent.items.splice(0)) {
        if (one.agreement !== agreement) sent.items.push(one)
        else {
          taken.push(one.item)
          this.#count(sent, -1, one.item)
        }
      }
      if (sent.items.length === 0) this.#sent.delete(sender)
    }
    return taken
  }

  /** The oldest of whoever takes most of the room. */
  #dropOne(): void {
    const shareOf = ({ items, bytes }: Sent) => items.length / this.#itemsMax + bytes / bytesMax
    const [sender, sent] = [...this.#sent].reduce((most, one) => (shareOf(one[1]) > shareOf(most[1]) ? one : most))
    const oldest = sent.items.shift()
    if (oldest !== undefined) this.#count(sent, -1, oldest.item)
    if (sent.items.length === 0) this.#sent.delete(sender)
  }

  #count(sent: Sent, more: 1 | -1, { envelope }: PeerItem): void {
    sent.bytes += more * envelope.length
    this.#bytes += more * envelope.length
    this.#size += more
  }
}

/** The agreement that an encoded envelope is of, if it is one. */
export function agreementIn(envelope: Uint8Array): Digest | undefined {
  return envelope.length < 36 ? undefined : Buffer.from(envelope.buffer, envelope.byteOffset + 4, 32).toString('hex')
}
