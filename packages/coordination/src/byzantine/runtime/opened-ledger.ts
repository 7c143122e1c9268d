/**
 * Which agreements this node has been in: none of them is ever begun again, since a member that has forgotten its votes must not vote
 * anew. Bounded: what is forgotten is refused by its number.
 */

import type { Digest } from '../canonical-bytes.ts'
import { type Opening, placeOf } from './opening.ts'

interface Known {
  readonly initiator: string
  readonly epoch: number
  readonly number: number
  readonly agreement: Digest
}

/** Nodes that have begun something. */
const initiatorsMax = 10_000

export class OpenedLedger {
  readonly #knownMax: number
  readonly #byPlace = new Map<string, Known>()
  /** By initiator: its life, and the highest number that is not remembered itself. */
  readonly #forgotten = new Map<string, { readonly epoch: number; readonly number: number }>()

  constructor(knownMax: number) {
    this.#knownMax = knownMax
  }

  /** Whether it may begin; from then on it may not again, nor anything else in its place. */
  admit(opening: Opening, agreement: Digest): 'new' | 'known' | 'another' | 'forgotten' {
    const { initiator, initiatorEpoch: epoch, number } = opening
    const place = placeOf(opening)
    const known = this.#byPlace.get(place)
    if (known !== undefined) return known.agreement === agreement ? 'known' : 'another'
    const low = this.#forgotten.get(initiator)
    if (low !== undefined && (epoch < low.epoch || (epoch === low.epoch && number <= low.number))) return 'forgotten'
    if (low === undefined && this.#forgotten.size >= initiatorsMax) return 'forgotten'
    if (low === undefined) this.#forgotten.set(initiator, { epoch, number: -1 })
    if (this.#byPlace.size >= this.#knownMax) this.#forget()
    this.#byPlace.set(place, { initiator, epoch, number, agreement })
    return 'new'
  }

  #forget(): void {
    const [place, known] = this.#byPlace.entries().next().value ?? []
    if (place === undefined || known === undefined) return
    this.#byPlace.delete(place)
    const { initiator, epoch, number } = known
    const low = this.#forgotten.get(initiator)
    const isHigher = low === undefined || epoch > low.epoch || (epoch === low.epoch && number > low.number)
    if (isHigher) this.#forgotten.set(initiator, { epoch, number })
  }
}
