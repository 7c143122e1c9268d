/**
 * Which agreements this node has been in: none of them is ever begun again, since a member that has forgotten its votes must not vote
 * anew. Bounded for each node that begins them, so that none makes this one forget what others began: what is forgotten is refused by its
 * number, and a node that had too many lives is refused whole.
 */

import type { Digest } from '../canonical-bytes.ts'
import { type Opening, placeOf } from './opening.ts'

interface Known {
  readonly epoch: number
  readonly number: number
  readonly agreement: Digest
}

interface Begun {
  readonly byPlace: Map<string, Known>
  /** By life: the highest number that is not remembered itself. */
  readonly forgotten: Map<number, number>
}

export interface LedgerLimits {
  /** What is remembered of one node. */
  readonly knownMax: number
  /** Nodes that have begun something. @default 10000 */
  readonly initiatorsMax?: number
  /** Lives of one of them. @default 10000 */
  readonly livesMax?: number
}

const ledgerDefaults = { initiatorsMax: 10_000, livesMax: 10_000 } as const satisfies Partial<LedgerLimits>

export class OpenedLedger {
  readonly #limits: Required<LedgerLimits>
  readonly #begun = new Map<string, Begun>()

  constructor(limits: LedgerLimits) {
    this.#limits = { ...ledgerDefaults, ...limits }
  }

  /** Whether it may begin; from then on it may not again, nor anything else in its place. */
  admit(opening: Opening, agreement: Digest): 'new' | 'known' | 'another' | 'forgotten' | 'lives-limit' {
    const { initiator, initiatorEpoch: epoch, number } = opening
    const begun = this.#begunBy(initiator, epoch)
    if (begun === undefined) return 'lives-limit'
    const { byPlace, forgotten } = begun
    const place = placeOf(opening)
    const known = byPlace.get(place)
    if (known !== undefined) return known.agreement === agreement ? 'known' : 'another'
    if (number <= (forgotten.get(epoch) ?? -1)) return 'forgotten'
    if (byPlace.size >= this.#limits.knownMax) forgetOldest(begun)
    byPlace.set(place, { epoch, number, agreement })
    return 'new'
  }

  /** Nothing for one too many: to forget another one for it would let that be begun again. */
  #begunBy(initiator: string, epoch: number): Begun | undefined {
    const { initiatorsMax, livesMax } = this.#limits
    let begun = this.#begun.get(initiator)
    if (begun === undefined) {
      if (this.#begun.size >= initiatorsMax) return undefined
      begun = { byPlace: new Map(), forgotten: new Map() }
      this.#begun.set(initiator, begun)
    }
    const { forgotten } = begun
    if (!forgotten.has(epoch) && forgotten.size >= livesMax) return undefined
    if (!forgotten.has(epoch)) forgotten.set(epoch, -1)
    return begun
  }
}

function forgetOldest({ byPlace, forgotten }: Begun): void {
  const [place, known] = byPlace.entries().next().value ?? []
  if (place === undefined || known === undefined) return
  byPlace.delete(place)
  const { epoch, number } = known
  if (number > (forgotten.get(epoch) ?? -1)) forgotten.set(epoch, number)
}
