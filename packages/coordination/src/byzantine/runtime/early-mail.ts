/** Messages that came before the agreement they are of was opened here. Bounded; what finds no room is said again in a later view. */

import type { Digest } from '../canonical-bytes.ts'
import type { PeerItem } from './peer-mail.ts'

const bytesMax = 16_777_216

export class EarlyMail {
  readonly #itemsMax: number
  readonly #items: { readonly agreement: Digest; readonly item: PeerItem }[] = []
  #bytes = 0

  constructor(itemsMax: number) {
    this.#itemsMax = itemsMax
  }

  get size(): number {
    return this.#items.length
  }

  /** How many had to go for it. */
  keep(agreement: Digest, item: PeerItem): number {
    this.#items.push({ agreement, item })
    this.#bytes += item.envelope.length
    let dropped = 0
    while (this.#items.length > this.#itemsMax || this.#bytes > bytesMax) {
      this.#bytes -= this.#items.shift()?.item.envelope.length ?? 0
      dropped++
    }
    return dropped
  }

  /** Those of that agreement, in order; they are not here any more. */
  take(agreement: Digest): readonly PeerItem[] {
    const taken: PeerItem[] = []
    const left = this.#items.splice(0)
    for (const one of left) {
      if (one.agreement !== agreement) this.#items.push(one)
      else {
        taken.push(one.item)
        this.#bytes -= one.item.envelope.length
      }
    }
    return taken
  }
}

/** The agreement that an encoded envelope is of, if it is one. */
export function agreementIn(envelope: Uint8Array): Digest | undefined {
  return envelope.length < 36 ? undefined : Buffer.from(envelope.buffer, envelope.byteOffset + 4, 32).toString('hex')
}
