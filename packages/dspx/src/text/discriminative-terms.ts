/**
 * Which words and phrases tell the texts of each label apart, chosen together: a term that says what another has
 * already said gets little weight. (The usual alternative, weighted log-odds of each term alone, spends its places on
 * frequent near-synonyms and function words: on CLINC150 a model told 24 such words a label is 10 points worse.)
 */

import type { Random } from '@mabeam/foundation'
import { wordNgrams } from './words.ts'

export interface LabelledText {
  readonly text: string
  readonly label: string
}

/** What fitting is bounded by: weight updates over all epochs. A second on a slow core. */
const updatesMax = 300_000_000

const fitting = { epochsMax: 30, epochsMin: 2, rate: 0.5, decay: 0.01, textsMin: 2 } as const

/**
 * For each label its terms, the most telling first: by the weight of a multinomial logistic regression over the
 * presence of terms, times the root of how many texts hold the term, so that what is both sure and frequent leads.
 * Texts have length one, so that long ones do not outvote short ones. Only terms of two or more texts.
 *
 * Source: stochastic gradient descent with weight decay on active terms (Bottou, 2010). Differs: constant rate and a
 * fixed number of epochs, since only the ranking is used.
 * @example discriminativeTerms(texts, { ngramMax: 1, random }).get('billing') // => ['refund', 'invoice', …]
 */
export function discriminativeTerms(
  texts: readonly LabelledText[],
  options: { readonly ngramMax: number; readonly random: Random },
): Map<string, readonly string[]> {
  const labels = [...new Set(texts.map(({ label }) => label))].sort()
  const { terms, counts, rows } = termRows(texts, options.ngramMax)
  const targets = texts.map(({ label }) => labels.indexOf(label))
  const weights = fitWeights({ rows, targets, terms: terms.length, labels: labels.length }, options.random)
  const ranked = labels.map((label, column): [string, readonly string[]] => {
    const scored = terms.flatMap((term, row) => {
      const weight = weights[row * labels.length + column] as number
      return weight > 0 ? [{ term, score: weight * Math.sqrt(counts[row] as number) }] : []
    })
    scored.sort((a, b) => b.score - a.score || (a.term < b.term ? -1 : 1))
    return [label, scored.map(({ term }) => term)]
  })
  return new Map(ranked)
}

/** Terms of enough texts, in how many texts each is, and the numbers of the terms of each text. */
function termRows(texts: readonly LabelledText[], ngramMax: number) {
  const termsOf = texts.map(({ text }) => [...new Set(wordNgrams(text, ngramMax))])
  const all = new Map<string, number>()
  for (const terms of termsOf) for (const term of terms) all.set(term, (all.get(term) ?? 0) + 1)
  const kept = [...all].filter(([, count]) => count >= fitting.textsMin)
  const numbers = new Map(kept.map(([term], number) => [term, number]))
  const rows = termsOf.map((terms) => Int32Array.from(terms.flatMap((term) => numbers.get(term) ?? [])))
  return { terms: kept.map(([term]) => term), counts: kept.map(([, count]) => count), rows }
}

interface Regression {
  readonly rows: readonly Int32Array[]
  readonly targets: readonly number[]
  readonly terms: number
  readonly labels: number
}

/** Weights [terms x labels]. */
function fitWeights(regression: Regression, random: Random): Float64Array {
  const { rows, targets, terms, labels } = regression
  const weights = new Float64Array(terms * labels)
  const updates = rows.reduce((sum, row) => sum + row.length, 0) * labels
  const affordable = Math.floor(updatesMax / Math.max(1, updates))
  const epochs = Math.min(fitting.epochsMax, Math.max(fitting.epochsMin, affordable))
  const order = rows.map((_, i) => i)
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const i of random.shuffle(order))
      step(weights, rows[i] as Int32Array, { target: targets[i] as number, labels })
  }
  return weights
}

function step(weights: Float64Array, row: Int32Array, { target, labels }: { target: number; labels: number }): void {
  const presence = 1 / Math.sqrt(Math.max(1, row.length))
  const slopes = softmax(scoresOf(weights, row, { presence, labels }))
  slopes[target] = (slopes[target] as number) - 1
  for (const term of row) {
    for (let c = 0; c < labels; c++) {
      const at = term * labels + c
      weights[at] = (weights[at] as number) * (1 - fitting.decay) - fitting.rate * presence * (slopes[c] as number)
    }
  }
}

function scoresOf(
  weights: Float64Array,
  row: Int32Array,
  { presence, labels }: { readonly presence: number; readonly labels: number },
): Float64Array {
  const scores = new Float64Array(labels)
  for (const term of row) {
    for (let c = 0; c < labels; c++)
      scores[c] = (scores[c] as number) + presence * (weights[term * labels + c] as number)
  }
  return scores
}

function softmax(scores: Float64Array): Float64Array {
  let max = Number.NEGATIVE_INFINITY
  for (const score of scores) if (score > max) max = score
  let sum = 0
  for (let c = 0; c < scores.length; c++) {
    scores[c] = Math.exp((scores[c] as number) - max)
    sum += scores[c] as number
  }
  for (let c = 0; c < scores.length; c++) scores[c] = (scores[c] as number) / sum
  return scores
}
