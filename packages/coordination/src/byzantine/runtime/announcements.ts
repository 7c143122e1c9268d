/** Tells other nodes of agreements that begin here, again and again until each has said that it knows, since what is sent may be lost. */

import type { CancelTimer, Clock } from '@mabeam/foundation'
import type { Digest } from '../canonical-bytes.ts'
import { nowhere, type Opening } from './opening.ts'

interface Announced {
  readonly opening: Opening
  /** Nodes that have not said so yet. */
  readonly waiting: Set<string>
  /** Has no member here, and is to be told what they decide. */
  readonly isObserver: boolean
  cancel: CancelTimer
  isDecided: boolean
}

export class Announcements {
  readonly #clock: Clock
  readonly #self: string
  readonly #publish: (opening: Opening) => void
  readonly #announced = new Map<Digest, Announced>()

  constructor(node: { readonly clock: Clock; readonly name: string }, publish: (opening: Opening) => void) {
    this.#clock = node.clock
    this.#self = node.name
    this.#publish = publish
  }

  get size(): number {
    return this.#announced.size
  }

  /** Goes on until all know and, where nobody here takes part, it is decided; no longer than it is worked on. */
  begin(agreement: Digest, opening: Opening): void {
    const nodes = new Set(opening.seats.map(({ node }) => node))
    const isObserver = !nodes.delete(this.#self)
    nodes.delete(nowhere)
    if (nodes.size === 0) return
    const announced: Announced = { opening, waiting: nodes, isObserver, cancel: () => {}, isDecided: false }
    this.#announced.set(agreement, announced)
    const endsMs = this.#clock.monotonicMs() + opening.deadlineMs
    const tell = (delayMs: number) => {
      if (this.#clock.monotonicMs() >= endsMs) return this.end(agreement)
      this.#publish(opening)
      const nextMs = Math.min(delayMs * 2, opening.viewMsMax)
      announced.cancel = this.#clock.setTimer(delayMs, () => tell(nextMs), { unref: true })
    }
    tell(opening.viewMs)
  }

  known(agreement: Digest, node: string): void {
    const announced = this.#announced.get(agreement)
    if (announced?.waiting.delete(node)) this.#endIfDone(agreement, announced)
  }

  decided(agreement: Digest): void {
    const announced = this.#announced.get(agreement)
    if (announced === undefined) return
    announced.isDecided = true
    this.#endIfDone(agreement, announced)
  }

  end(agreement: Digest): void {
    this.#announced.get(agreement)?.cancel()
    this.#announced.delete(agreement)
  }

  close(): void {
    for (const agreement of [...this.#announced.keys()]) this.end(agreement)
  }

  #endIfDone(agreement: Digest, { waiting, isObserver, isDecided }: Announced): void {
    if (waiting.size === 0 && (isDecided || !isObserver)) this.end(agreement)
  }
}

const knownBytes = 36

/** What says that an agreement is known: its identity, where a message would go on. */
export function acknowledgement(agreement: Digest): Uint8Array {
  return Buffer.concat([Buffer.alloc(4), Buffer.from(agreement, 'hex')])
}

export function isAcknowledgement(bytes: Uint8Array): boolean {
  return bytes.length === knownBytes
}
