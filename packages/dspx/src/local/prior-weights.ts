/** What the instruction says of features and values, in the light of how rare the features are among the demonstrations. */

import type { ContextIndex, SparseText } from './context-index.ts'
import type { Hint, TaughtValues } from './instruction-lesson.ts'
import { noPlace } from './shared-places.ts'

/** Frequent words of the demonstrations count less as hints: their rarity to this power. */
const rarityPower = 0.5

/** Prior weights of one field, made for the features that are asked for. */
export class PriorWeights {
  readonly #index: ContextIndex
  readonly #taught: TaughtValues
  readonly #rows = new Map<number, Float64Array>()

  constructor(index: ContextIndex, taught: TaughtValues) {
    this.#index = index
    this.#taught = taught
  }

  /** Of a feature of a text for each value; `undefined` where it points to none. Not to be changed. */
  row({ ids, places, hints }: SparseText, i: number): Float64Array | undefined {
    const at = hints[i] as number
    const hint = at === noPlace ? undefined : this.#taught.hints[at]
    if (hint === undefined) return undefined
    let row = this.#rows.get(at)
    if (row === undefined) {
      row = this.#sharedAmongValues(hint, this.#rarityOf(ids[i] as number, places[i] as number))
      this.#rows.set(at, row)
    }
    return row
  }

  /** Pieces of words count the same however rare they are. */
  #rarityOf(id: number, place: number): number {
    return place === noPlace || this.#index.lexicon.isPiece(id) ? 1 : this.#index.rarityAt(place) ** rarityPower
  }

  /** A word that points to many values points to none. */
  #sharedAmongValues({ values, strengths }: Hint, rarity: number): Float64Array {
    const labels = this.#taught.values.length
    let total = 0
    for (const strength of strengths) total += strength * rarity
    const mean = total / values.length / labels
    const row = new Float64Array(labels).fill(-mean)
    for (let i = 0; i < values.length; i++) {
      row[values[i] as number] = ((strengths[i] as number) * rarity) / values.length - mean
    }
    return row
  }
}
