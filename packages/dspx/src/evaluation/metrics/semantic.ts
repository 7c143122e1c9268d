/** Semantic similarity: how near answer and label are to an embedding model. */

import { checkOptions, rule } from '@mabeam/foundation'
import { budgetedEmbedding } from '../../models/embeddings/budgeted-embedding.ts'
import type { EmbeddingModel } from '../../models/embeddings/embedding-model.ts'
import { wordsEmbedding } from '../../models/embeddings/words-embedding.ts'
import { currentRun } from '../../programs/run-context.ts'
import { embeddingInvalid } from '../errors.ts'
import { labelOf, type Metric } from '../metric.ts'

/** What is compared, by whom. */
export interface SemanticMetricOptions {
  /** The output field whose label and answer are compared; what is no text is compared as JSON. */
  readonly field: string
  /** @default the embedded `local/words`, which sees shared words and pieces of words and no meaning, and is free */
  readonly embed?: EmbeddingModel
  /** A similarity up to here scores 0, and 1 scores 1; models that find everything alike need one above 0. @default 0 */
  readonly similarityMin?: number
}

/**
 * The cosine of the embeddings of label and answer, as a score from 0 to 1. Equal texts score 1 without being embedded.
 * Calls of `embed` are paid from the budget of the `evaluate` or `optimize` that judges, and end with it.
 *
 * Throws: `dspx/budget-exhausted`; errors of the embedding model; `dspx/embedding-invalid` for vectors of different lengths or without any.
 * @example semanticMetric({ field: 'answer', embed: createModels().embedding('openai/text-embedding-3-small') })
 */
export function semanticMetric(options: SemanticMetricOptions): Metric {
  checkOptions('semanticMetric', options, {
    field: rule.string(),
    embed: rule.optional(rule.having('doEmbed')),
    similarityMin: rule.optional(rule.number(-1, 0.999)),
  })
  const { field, embed, similarityMin = 0 } = options
  const free = wordsEmbedding()
  const name = `semantic(${field})`
  return {
    name,
    fields: [field],
    async score(example, answer) {
      const [label, said] = [textOf(labelOf(name, example, field)), textOf(answer[field])]
      if (label === said) return 1
      if (label === '' || said === '') return 0
      const { budget, signal } = currentRun() ?? {}
      const paid = embed && budget ? budgetedEmbedding(embed, budget) : embed
      const call = { values: [label, said], ...(signal && { abortSignal: signal }) }
      const { embeddings } = await (paid ?? free).doEmbed(call)
      const similarity = cosine(name, embeddings[0] ?? [], embeddings[1] ?? [])
      return Math.min(1, Math.max(0, (similarity - similarityMin) / (1 - similarityMin)))
    },
  }
}

function cosine(metric: string, a: readonly number[], b: readonly number[]): number {
  if (a.length === 0 || a.length !== b.length) throw embeddingInvalid(metric, a.length, b.length)
  let [dot, aa, bb] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number]
    dot += x * y
    aa += x * x
    bb += y * y
  }
  if (!Number.isFinite(dot)) throw embeddingInvalid(metric, a.length, b.length)
  return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb)
}

function textOf(value: unknown): string {
  return (typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)).normalize('NFC').trim()
}
