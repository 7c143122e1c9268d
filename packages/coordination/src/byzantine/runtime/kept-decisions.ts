/** Decisions of agreements that are over here, for members elsewhere that have not heard: whoever still speaks is told. */

import type { Agreement } from '../agreement.ts'
import type { Digest } from '../canonical-bytes.ts'
import type { DecideMessage, Message } from '../message.ts'
import { decodeEnvelope } from '../wire-reader.ts'
import { encodeEnvelope } from '../wire-writer.ts'
import type { Opening } from './opening.ts'
import type { PeerItem } from './peer-mail.ts'

/** Of all decisions kept together. */
const bytesMax = 67_108_864

interface Kept {
  readonly agreement: Agreement
  readonly nodes: readonly string[]
  readonly bytes: Uint8Array
  /** Up to which view a member was told. */
  readonly told: Map<number, number>
}

export class KeptDecisions {
  readonly #decisionsMax: number
  readonly #kept = new Map<Digest, Kept>()
  #bytes = 0
  readonly #send: (peer: string, item: PeerItem) => void

  constructor(decisionsMax: number, send: (peer: string, item: PeerItem) => void) {
    this.#decisionsMax = decisionsMax
    this.#send = send
  }

  has(agreement: Digest): boolean {
    return this.#kept.has(agreement)
  }

  keep(agreement: Agreement, opening: Opening, decision: DecideMessage): void {
    const bytes = encodeEnvelope({ agreement: agreement.id, epoch: agreement.epoch, message: decision })
    this.#bytes += bytes.length
    while (this.#kept.size > 0 && (this.#kept.size >= this.#decisionsMax || this.#bytes > bytesMax)) this.#forget()
    this.#kept.set(agreement.id, { agreement, nodes: opening.seats.map(({ node }) => node), bytes, told: new Map() })
  }

  /** To a node that has no member in it, or asks for all of them. */
  tell(id: Digest, peer: string): void {
    const kept = this.#kept.get(id)
    if (kept !== undefined) this.#send(peer, { from: 0, to: [], envelope: kept.bytes })
  }

  /** Once a view for each member, as replicas do. */
  answer(id: Digest, { from, to, envelope: bytes }: PeerItem): void {
    const kept = this.#kept.get(id)
    const peer = kept?.nodes[from]
    if (kept === undefined || peer === undefined) return
    const message = decodeEnvelope(kept.agreement, bytes)?.message
    if (message === undefined || message.type === 'decide') return
    const view = viewOf(message)
    if (view <= (kept.told.get(from) ?? -1)) return
    kept.told.set(from, view)
    this.#send(peer, { from: to[0] ?? 0, to: [from], envelope: kept.bytes })
  }

  #forget(): void {
    const [oldest, kept] = this.#kept.entries().next().value ?? []
    if (oldest === undefined) return
    this.#kept.delete(oldest)
    this.#bytes -= kept?.bytes.length ?? 0
  }
}

function viewOf(message: Exclude<Message, { readonly type: 'decide' }>): number {
  if (message.type === 'input') return 0
  if (message.type === 'propose') return message.proposal.view
  return message.type === 'prepared' ? message.qc.view : message.view
}
