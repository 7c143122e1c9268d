/**
 * Scores the allowed values of a field. The instruction gives a prior: a word that stands near a value, or in its name,
 * points to it. The demonstrations correct the prior: ridge regression over their features fits what the prior leaves
 * unexplained, so frequent values do not win by count alone. Both are one weight for a feature and a value, and a text is
 * scored by adding up the weights of its features. Weights are made for the features that inputs ask for: what is solved
 * for is one number for each demonstration and value (the dual), not for each feature.
 *
 * Source: in-context learning as ridge regression (Akyürek et al., ICLR 2023). Differs: sparse text features, a prior.
 */

import type { ContextIndex, SparseText } from './context-index.ts'
import type { TaughtValues } from './instruction-lesson.ts'
import { PriorWeights } from './prior-weights.ts'
import { noPlace } from './shared-places.ts'
import type { ShownTexts } from './shown-texts.ts'
import { WeightRows } from './weight-rows.ts'

/** What is known of a field before the input is read. */
export interface LabelEvidence {
  readonly taught: TaughtValues
  readonly texts: ShownTexts
  /** Which demonstrations were given a value, ascending, and which. */
  readonly shown: readonly { readonly at: number; readonly value: number }[]
}

/** Weights of one field: those of demonstrations apply to the unit vector of a text, the prior to the presence of features. */
export class LabelScorer {
  readonly values: readonly string[]
  readonly #texts: ShownTexts
  readonly #prior: PriorWeights
  /** Where the solution of a demonstration begins; -1 where it was given no value. */
  readonly #solved: Int32Array
  readonly #solution: Float64Array
  /** What demonstrations say, by the places of features. */
  readonly #rows: WeightRows

  constructor(index: ContextIndex, { taught, texts, shown }: LabelEvidence) {
    this.values = taught.values
    this.#texts = texts
    this.#prior = new PriorWeights(index, taught)
    this.#rows = new WeightRows(taught.values.length)
    this.#solved = new Int32Array(texts.texts.length).fill(-1)
    for (const [row, { at }] of shown.entries()) this.#solved[at] = row * this.values.length
    this.#solution = this.#solve(shown)
  }

  /** Scores of the values for a text; about 0 where nothing speaks for a value, about 1 where much does. */
  score(text: SparseText): Float64Array {
    const labels = this.values.length
    const scores = new Float64Array(labels)
    for (let i = 0; i < text.ids.length; i++) {
      const row = this.#row(text.places[i] as number)
      const prior = this.#prior.row(text, i)
      const weight = text.weights[i] as number
      const loudness = text.loudness?.[i] ?? 1
      const shown = this.#rows.weights
      const taught = this.#prior.weights
      for (let c = 0; c < labels; c++) {
        const said = row < 0 ? 0 : weight * (shown[row + c] as number)
        scores[c] = (scores[c] as number) + said + (prior < 0 ? 0 : loudness * (taught[prior + c] as number))
      }
    }
    return scores
  }

  /** How much more each feature of a text speaks for a value than for the others on average. */
  evidence(text: SparseText, value: number): Float64Array {
    const evidence = new Float64Array(text.ids.length)
    for (let i = 0; i < evidence.length; i++) evidence[i] = this.#evidenceOf(text, i, value)
    return evidence
  }

  #evidenceOf(text: SparseText, i: number, value: number): number {
    const labels = this.values.length
    const row = this.#row(text.places[i] as number)
    const prior = this.#prior.row(text, i)
    const weight = text.weights[i] as number
    const shown = this.#rows.weights
    const taught = this.#prior.weights
    let own = 0
    let sum = 0
    for (let c = 0; c < labels; c++) {
      const said = (row < 0 ? 0 : weight * (shown[row + c] as number)) + (prior < 0 ? 0 : (taught[prior + c] as number))
      if (c === value) own = said
      sum += said
    }
    return own - sum / labels
  }

  /** What each demonstration has to say of each value, so that together they say what the prior leaves unsaid. */
  #solve(shown: LabelEvidence['shown']): Float64Array {
    const labels = this.values.length
    const targets = new Float64Array(shown.length * labels)
    if (targets.length === 0) return targets
    for (const [i, { at, value }] of shown.entries()) {
      const predicted = this.#priorScores(this.#texts.texts[at] as SparseText)
      for (let c = 0; c < labels; c++)
        targets[i * labels + c] = (c === value ? 1 : 0) - 1 / labels - (predicted[c] as number)
    }
    return this.#texts.systemOf(shown.map(({ at }) => at)).solve(targets)
  }

  #priorScores(text: SparseText): Float64Array {
    const scores = new Float64Array(this.values.length)
    for (let i = 0; i < text.hints.length; i++) {
      const prior = this.#prior.row(text, i)
      if (prior < 0) continue
      const taught = this.#prior.weights
      const loudness = text.loudness?.[i] ?? 1
      for (let c = 0; c < scores.length; c++) {
        scores[c] = (scores[c] as number) + loudness * (taught[prior + c] as number)
      }
    }
    return scores
  }

  /** Where the weights of a place stand; -1 where demonstrations say nothing of it. */
  #row(place: number): number {
    if (place === noPlace || this.#solution.length === 0) return -1
    const known = this.#rows.find(place)
    if (known >= 0) return known
    const row = this.#rows.add(place, 0)
    this.#addUp(place, row)
    return row
  }

  #addUp(place: number, row: number): void {
    const { starts, owners, weights } = this.#texts
    const sums = this.#rows.weights
    const labels = this.values.length
    const end = starts[place + 1] as number
    for (let at = starts[place] as number; at < end; at++) {
      const solved = this.#solved[owners[at] as number] as number
      if (solved < 0) continue
      const weight = weights[at] as number
      for (let c = 0; c < labels; c++) {
        sums[row + c] = (sums[row + c] as number) + weight * (this.#solution[solved + c] as number)
      }
    }
  }
}
