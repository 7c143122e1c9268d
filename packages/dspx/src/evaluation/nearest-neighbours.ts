/**
 * Plain nearest neighbours over all training rows: what a text classifier without any language model reaches on the same
 * data. It is shown beside tuned programs, so that nobody takes a number for more than it is.
 */

import { checkOptions, type OptionRule, rule } from '@mabeam/foundation'
import { type MeanInterval, meanInterval } from '@mabeam/ml'
import type { Example, ExampleRow } from '../datasets/example.ts'
import { checkExamples } from '../datasets/example-check.ts'
import { identified } from '../datasets/example-ids.ts'
import { greatestPlaces } from '../text/greatest-places.ts'
import { fitTfIdf, indexVectors } from '../text/tf-idf.ts'
import { noExamples } from './errors.ts'
import { scoreAnswer } from './metric.ts'
import { exactMatch } from './metrics/exact-match.ts'

export interface NearestNeighboursOptions {
  /** The output fields that are predicted, each by its own vote. */
  readonly fields: readonly string[]
  /** Neighbours that vote. @default 5 */
  readonly k?: number
}

export const nearestNeighboursDefaults = { k: 5 } satisfies Required<Omit<NearestNeighboursOptions, 'fields'>>

export interface NearestNeighbours {
  /** What the nearest training rows say, each vote weighing as much as its row is similar. */
  predict(inputs: Example['inputs']): Example['outputs']
}

export interface NeighbourScores {
  readonly predictions: readonly { readonly id: string; readonly score: number; readonly outputs: Example['outputs'] }[]
  readonly accuracy: number
  readonly ci95: MeanInterval['ci95']
}

/**
 * Learns `train` by heart: cosine similarity of tf-idf over words and pairs of words of all inputs.
 *
 * Throws: `dspx/no-examples`; `foundation/invalid-option` for no fields.
 * @example nearestNeighbours(train, { fields: ['team'] }).predict({ text: 'charged twice' }) // => { team: 'billing' }
 */
export function nearestNeighbours(train: readonly ExampleRow[], options: NearestNeighboursOptions): NearestNeighbours {
  checkExamples('nearestNeighbours', 'train', train)
  checkFields('nearestNeighbours', options)
  if (train.length === 0) throw noExamples('nearestNeighbours')
  const k = options.k ?? nearestNeighboursDefaults.k
  const texts = train.map(textOf)
  const tfIdf = fitTfIdf(texts)
  const index = indexVectors(
    texts.map((text) => tfIdf.vector(text)),
    tfIdf.terms,
  )
  return {
    predict(inputs) {
      const similarities = index.similarities(tfIdf.vector(textOf({ inputs })))
      const nearest = greatestPlaces(similarities, k).map((row) => ({
        example: train[row] as ExampleRow,
        weight: similarities[row] as number,
      }))
      return Object.fromEntries(options.fields.flatMap((field) => vote(nearest, field)))
    },
  }
}

/** Scores it on rows by exact match over its fields; comparable with an `Evaluation` of the same rows. */
export async function scoreNearestNeighbours(
  neighbours: NearestNeighbours,
  examples: readonly ExampleRow[],
  options: NearestNeighboursOptions,
): Promise<NeighbourScores> {
  checkOptions('scoreNearestNeighbours', { neighbours }, { neighbours: rule.having('predict') })
  checkExamples('scoreNearestNeighbours', 'examples', examples)
  checkFields('scoreNearestNeighbours', options)
  if (examples.length === 0) throw noExamples('scoreNearestNeighbours')
  const metric = exactMatch(...options.fields)
  const predictions = []
  for (const example of identified('scoreNearestNeighbours', 'examples', examples)) {
    const outputs = neighbours.predict(example.inputs)
    predictions.push({ id: example.id, outputs, score: await scoreAnswer(metric, example, outputs) })
  }
  const { mean, ci95 } = meanInterval(predictions.map(({ score }) => score))
  return { predictions, accuracy: mean, ci95 }
}

function checkFields(owner: string, options: NearestNeighboursOptions): void {
  const fields: OptionRule = {
    expected: 'at least one field, as an array of names',
    test: (value) => Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string'),
    optional: false,
  }
  checkOptions(owner, options, { fields, k: rule.optional(rule.int(1)) })
}

/** The label with the most weight, of equals the one of the nearer row; nothing where no neighbour has a label. */
function vote(nearest: readonly { readonly example: ExampleRow; readonly weight: number }[], field: string) {
  const votes = new Map<string, { label: Example['outputs'][string]; weight: number }>()
  for (const { example, weight } of nearest) {
    const label = example.outputs[field]
    if (label === undefined) continue
    const key = JSON.stringify(label)
    const known = votes.get(key)
    if (known === undefined) votes.set(key, { label, weight })
    else known.weight += weight
  }
  const [best] = [...votes.values()].sort((a, b) => b.weight - a.weight)
  return best === undefined ? [] : [[field, best.label] as const]
}

function textOf({ inputs }: Pick<Example, 'inputs'>): string {
  return Object.values(inputs)
    .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
    .join('\n')
}
