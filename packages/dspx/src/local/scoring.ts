/**
 * Scores the allowed values of a field. The instruction gives a prior: a word that stands near a value, or in its name,
 * points to it. The demonstrations correct the prior: ridge regression over their features fits what the prior leaves
 * unexplained, so frequent values do not win by count alone. Both end as one weight for a feature and a value, and a
 * text is scored by adding up the weights of its features.
 *
 * Source: in-context learning as ridge regression (Akyürek et al., ICLR 2023). Differs: sparse text features, a prior.
 */

import type { ContextIndex, SparseText } from './context-index.ts'
import { formsOf, isFunctionWord } from './features.ts'
import { solveRidge } from './ridge.ts'

/** What is known of a field before the input is read. */
export interface LabelEvidence {
  readonly values: readonly string[]
  /** Words of the instruction that stand near each value. */
  readonly hints: readonly (readonly string[])[]
  /** Demonstrations with the value that each was given. */
  readonly shown: readonly { readonly text: SparseText; readonly value: number }[]
}

/** Constants of the model, the same for every task; chosen on tasks apart from those that are reported. */
const constants = {
  /** What a word near a value, or of its name, adds to the value's score. */
  hint: 0.35,
  ownName: 0.3,
  /** What all pieces of such a word add together. */
  pieces: 0.1,
  /** What a function word counts of another. */
  functionWord: 0.2,
  /** Frequent words of the demonstrations count less as hints: their rarity to this power. */
  rarityPower: 0.5,
  /** How reluctantly demonstrations correct the prior. */
  ridge: 0.6,
} as const

/** Weights of one field: `weights` applies to the unit vector of a text, `prior` to the presence of features. */
export class LabelScorer {
  readonly values: readonly string[]
  readonly #weights: Float64Array
  readonly #prior: Float64Array

  constructor(index: ContextIndex, evidence: LabelEvidence) {
    this.values = evidence.values
    this.#prior = priorWeights(index, evidence)
    this.#weights = new Float64Array(index.size * evidence.values.length)
    this.#learn(evidence)
  }

  /** Scores of the values for a text; about 0 where nothing speaks for a value, about 1 where much does. */
  score(text: SparseText): Float64Array {
    const labels = this.values.length
    const scores = new Float64Array(labels)
    for (let i = 0; i < text.ids.length; i++) {
      const row = (text.ids[i] as number) * labels
      const loudness = text.loudness[i] as number
      const weight = text.weights[i] as number
      for (let c = 0; c < labels; c++) {
        const prior = loudness * (this.#prior[row + c] as number)
        scores[c] = (scores[c] as number) + weight * (this.#weights[row + c] as number) + prior
      }
    }
    return scores
  }

  /** How much more a feature speaks for a value than for the others on average. */
  evidenceOf(id: number, weight: number, value: number): number {
    const labels = this.values.length
    let sum = 0
    for (let c = 0; c < labels; c++) {
      sum += weight * (this.#weights[id * labels + c] as number) + (this.#prior[id * labels + c] as number)
    }
    const own = weight * (this.#weights[id * labels + value] as number) + (this.#prior[id * labels + value] as number)
    return own - sum / labels
  }

  #learn(evidence: LabelEvidence): void {
    const { shown, values } = evidence
    const labels = values.length
    if (shown.length === 0 || labels === 0) return
    const targets = new Float64Array(shown.length * labels)
    for (const [i, { text, value }] of shown.entries()) {
      const predicted = this.score(text)
      for (let c = 0; c < labels; c++)
        targets[i * labels + c] = (c === value ? 1 : 0) - 1 / labels - (predicted[c] as number)
    }
    const texts = shown.map(({ text }) => text)
    const solution = solveRidge(gramOf(texts, this.#weights.length / labels), targets, constants.ridge)
    for (const [i, text] of texts.entries()) {
      for (let k = 0; k < text.ids.length; k++) {
        const row = (text.ids[k] as number) * labels
        for (let c = 0; c < labels; c++) {
          this.#weights[row + c] =
            (this.#weights[row + c] as number) + (text.weights[k] as number) * (solution[i * labels + c] as number)
        }
      }
    }
  }
}

function gramOf(texts: readonly SparseText[], size: number): Float64Array {
  const n = texts.length
  const gram = new Float64Array(n * n)
  const dense = new Float64Array(size)
  for (const [i, text] of texts.entries()) {
    for (let k = 0; k < text.ids.length; k++) dense[text.ids[k] as number] = text.weights[k] as number
    for (let j = 0; j <= i; j++) {
      const other = texts[j] as SparseText
      let sum = 0
      for (let k = 0; k < other.ids.length; k++)
        sum += (dense[other.ids[k] as number] as number) * (other.weights[k] as number)
      gram[i * n + j] = sum
      gram[j * n + i] = sum
    }
    for (let k = 0; k < text.ids.length; k++) dense[text.ids[k] as number] = 0
  }
  return gram
}

function priorWeights(index: ContextIndex, evidence: LabelEvidence): Float64Array {
  const labels = evidence.values.length
  const prior = new Float64Array(index.size * labels)
  const raise = (text: string, value: number, strength: number) => {
    for (const form of formsOf(text)) {
      const ids = index.idsOf(form)
      const share = isFunctionWord(form) ? constants.functionWord : 1
      const pieces = Math.max(1, ids.length - 1)
      for (const id of ids) {
        const own = index.isPiece(id)
          ? (strength * constants.pieces) / constants.hint / pieces
          : strength * share * index.rarityOf(id) ** constants.rarityPower
        prior[id * labels + value] = Math.max(prior[id * labels + value] as number, own)
      }
    }
  }
  for (const [value, name] of evidence.values.entries()) {
    for (const hint of evidence.hints[value] ?? []) raise(hint, value, constants.hint)
    raise(name.replace(/[_-]+/g, ' '), value, constants.ownName)
  }
  return shareAmongValues(prior, labels)
}

/** A word that points to many values points to none. */
function shareAmongValues(prior: Float64Array, labels: number): Float64Array {
  for (let row = 0; row < prior.length; row += labels) {
    let sharing = 0
    let total = 0
    for (let c = 0; c < labels; c++) {
      if ((prior[row + c] as number) > 0) sharing++
      total += prior[row + c] as number
    }
    if (sharing === 0) continue
    const mean = total / sharing / labels
    for (let c = 0; c < labels; c++) prior[row + c] = (prior[row + c] as number) / sharing - mean
  }
  return prior
}
