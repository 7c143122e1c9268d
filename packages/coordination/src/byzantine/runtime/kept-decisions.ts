/** Decisions of agreements that are over here, for members elsewhere that have not heard: whoever still speaks is told. */

import type { Clock } from '@mabeam/foundation'
import type { Agreement } from '../agreement.ts'
import type { Digest } from '../canonical-bytes.ts'
import type { DecideMessage } from '../message.ts'
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
  readonly viewMs: number
  /** When a member was told last. */
  readonly toldMs: Map<number, number>
}

export class KeptDecisions {
  readonly #decisionsMax: number
  readonly #clock: Clock
  readonly #kept = new Map<Digest, Kept>()
  #bytes = 0
  readonly #send: (peer: string, item: PeerItem) => void

  constructor(decisionsMax: number, clock: Clock, send: (peer: string, item: PeerItem) => void) {
    this.#decisionsMax = decisionsMax
    this.#clock = clock
    this.#send = send
  }

  has(agreement: Digest): boolean {
    return this.#kept.has(agreement)
  }

  keep(agreement: Agreement, opening: Opening, decision: DecideMessage): void {
    const bytes = encodeEnvelope({ agreement: agreement.id, epoch: agreement.epoch, message: decision })
    this.#bytes += bytes.length
    while (this.#kept.size > 0 && (this.#kept.size >= this.#decisionsMax || this.#bytes > bytesMax)) this.#forget()
    const { viewMs, seats } = opening
    this.#kept.set(agreement.id, { agreement, nodes: seats.map(({ node }) => node), bytes, viewMs, toldMs: new Map() })
  }

  /** To a node that has no member in it, or asks for all of them. */
  tell(id: Digest, peer: string): void {
    const kept = this.#kept.get(id)
    if (kept !== undefined) this.#send(peer, { from: 0, to: [], envelope: kept.bytes })
  }

  /**
   * Once in the time of a view for each member, which has more to say no sooner. Which view it says that it is in is not looked at: nobody has
   * proved that it was the member.
   */
  answer(id: Digest, { from, to, envelope: bytes }: PeerItem): void {
    const kept = this.#kept.get(id)
    const peer = kept?.nodes[from]
    if (kept === undefined || peer === undefined) return
    const message = decodeEnvelope(kept.agreement, bytes)?.message
    if (message === undefined || message.type === 'decide') return
    const nowMs = this.#clock.monotonicMs()
    if (nowMs < (kept.toldMs.get(from) ?? Number.NEGATIVE_INFINITY) + kept.viewMs) return
    kept.toldMs.set(from, nowMs)
    this.#send(peer, { from: to[0] ?? 0, to: [from], envelope: kept.bytes })
  }

  #forget(): void {
    const [oldest, kept] = this.#kept.entries().next().value ?? []
    if (oldest === undefined) return
    this.#kept.delete(oldest)
    this.#bytes -= kept?.bytes.length ?? 0
  }
}
