/** The demonstrations of a prompt as a sparse matrix, from both sides: features of each text, texts of each feature. */

import type { ContextIndex, SparseText } from './context-index.ts'
import { NumberStore } from './number-store.ts'
import { RidgeSystem } from './ridge.ts'

/** How reluctantly demonstrations correct the prior. */
const ridge = 0.6

/** Texts of demonstrations, read by their own vocabulary. */
export class ShownTexts {
  readonly texts: readonly SparseText[]
  /** Where the texts of each place begin in `owners` and `weights`. [places + 1] */
  readonly starts: Int32Array
  /** Texts that have a feature, ascending. */
  readonly owners: Int32Array
  /** How much it weighs there. */
  readonly weights: Float64Array
  #gram: Float64Array | undefined
  #system: RidgeSystem | undefined

  constructor(index: ContextIndex, texts: readonly SparseText[]) {
    this.texts = texts
    const { documentCounts, places: count } = index
    let entries = 0
    for (const { places } of texts) entries += places.length
    const store = new NumberStore({ floats: entries, ints: 2 * count + 1 + entries })
    this.starts = store.ints(count + 1)
    const next = store.ints(count)
    for (let place = 0; place < count; place++) {
      next[place] = this.starts[place] as number
      this.starts[place + 1] = (this.starts[place] as number) + (documentCounts[place] as number)
    }
    this.owners = store.ints(entries)
    this.weights = store.floats(entries)
    for (let owner = 0; owner < texts.length; owner++) {
      const { places, weights } = texts[owner] as SparseText
      for (let i = 0; i < places.length; i++) {
        const place = places[i] as number
        const at = next[place] as number
        next[place] = at + 1
        this.owners[at] = owner
        this.weights[at] = weights[i] as number
      }
    }
  }

  /** The system whose solution fits some of the texts, in ascending order. */
  systemOf(some: readonly number[]): RidgeSystem {
    const n = this.texts.length
    this.#gram ??= this.#products()
    if (some.length === n) {
      this.#system ??= new RidgeSystem(this.#gram, ridge)
      return this.#system
    }
    const gram = new Float64Array(some.length * some.length)
    for (const [i, row] of some.entries()) {
      for (const [j, column] of some.entries()) gram[i * some.length + j] = this.#gram[row * n + column] as number
    }
    return new RidgeSystem(gram, ridge)
  }

  /** Products of each two texts, by the features that they share. */
  #products(): Float64Array {
    const n = this.texts.length
    const gram = new Float64Array(n * n)
    for (let j = 0; j < n; j++) {
      const { places, weights } = this.texts[j] as SparseText
      for (let k = 0; k < places.length; k++) {
        const place = places[k] as number
        const weight = weights[k] as number
        const start = this.starts[place] as number
        for (let at = (this.starts[place + 1] as number) - 1; at >= start; at--) {
          const i = this.owners[at] as number
          if (i < j) break
          gram[i * n + j] = (gram[i * n + j] as number) + (this.weights[at] as number) * weight
        }
      }
      for (let i = j; i < n; i++) gram[j * n + i] = gram[i * n + j] as number
    }
    return gram
  }
}
