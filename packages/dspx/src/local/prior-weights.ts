/** What the instruction says of features and values, in the light of how rare the features are among the demonstrations. */

import type { ContextIndex, SparseText } from './context-index.ts'
import type { Hint, TaughtValues } from './instruction-lesson.ts'
import { noPlace } from './shared-places.ts'
import { WeightRows } from './weight-rows.ts'

/** Frequent words of the demonstrations count less as hints: their rarity to this power. */
const rarityPower = 0.5

/** Prior weights of one field, made for the features that are asked for. */
export class PriorWeights {
  readonly #index: ContextIndex
  readonly #taught: TaughtValues
  readonly #rows: WeightRows

  constructor(index: ContextIndex, taught: TaughtValues) {
    this.#index = index
    this.#taught = taught
    this.#rows = new WeightRows(taught.values.length)
  }

  /** The weights of all rows. */
  get weights(): readonly number[] {
    return this.#rows.weights
  }

  /** Where the weights of a feature of a text begin, one for each value; -1 where it points to none. */
  row({ ids, places, hints }: SparseText, i: number): number {
    const at = hints[i] as number
    const hint = at === noPlace ? undefined : this.#taught.hints[at]
    if (hint === undefined) return -1
    const known = this.#rows.find(at)
    return known >= 0 ? known : this.#add(at, hint, this.#rarityOf(ids[i] as number, places[i] as number))
  }

  /** Pieces of words count the same however rare they are. */
  #rarityOf(id: number, place: number): number {
    return place === noPlace || this.#index.lexicon.isPiece(id) ? 1 : this.#index.rarityAt(place) ** rarityPower
  }

  /** A word that points to many values points to none. */
  #add(at: number, { values, strengths }: Hint, rarity: number): number {
    let total = 0
    for (const strength of strengths) total += strength * rarity
    const mean = total / values.length / this.#taught.values.length
    const row = this.#rows.add(at, -mean)
    for (let i = 0; i < values.length; i++) {
      this.#rows.weights[row + (values[i] as number)] = ((strengths[i] as number) * rarity) / values.length - mean
    }
    return row
  }
}
