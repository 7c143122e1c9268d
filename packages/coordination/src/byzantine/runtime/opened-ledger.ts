/**
 * Which agreements this node has been in: none of them is ever begun again, since a member that has forgotten its votes must not vote
 * anew. Bounded: what is forgotten is refused by its number.
 */

import type { Digest } from '../canonical-bytes.ts'
import { type Opening, placeOf } from './opening.ts'

interface Known {
  readonly life: string
  readonly number: number
  readonly agreement: Digest
}

/** Hosts that have begun something; those heard of longest ago are forgotten. */
const livesMax = 10_000

export class OpenedLedger {
  readonly #knownMax: number
  readonly #byPlace = new Map<string, Known>()
  /** By life of an initiator: the highest number that is not remembered itself. */
  readonly #forgotten = new Map<string, number>()

  constructor(knownMax: number) {
    this.#knownMax = knownMax
  }

  /** Whether it may begin; from then on it may not again, nor anything else in its place. */
  admit(opening: Opening, agreement: Digest): 'new' | 'known' | 'another' | 'forgotten' {
    const { initiator, initiatorEpoch: epoch, number } = opening
    const place = placeOf(opening)
    const known = this.#byPlace.get(place)
    if (known !== undefined) return known.agreement === agreement ? 'known' : 'another'
    const life = `${initiator}/${epoch}`
    const low = this.#forgotten.get(life)
    if (low !== undefined && number <= low) return 'forgotten'
    if (low === undefined) this.#begin(life)
    if (this.#byPlace.size >= this.#knownMax) this.#forget()
    this.#byPlace.set(place, { life, number, agreement })
    return 'new'
  }

  #forget(): void {
    const [place, known] = this.#byPlace.entries().next().value ?? []
    if (place === undefined || known === undefined) return
    this.#byPlace.delete(place)
    const { life, number } = known
    if (number > (this.#forgotten.get(life) ?? -1)) this.#forgotten.set(life, number)
  }

  #begin(life: string): void {
    if (this.#forgotten.size >= livesMax) this.#forgotten.delete(this.#forgotten.keys().next().value ?? '')
    this.#forgotten.set(life, -1)
  }
}
