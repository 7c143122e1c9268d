/** What must hold of texts before they are embedded, and of vectors after. */

import { invalidOption, type MabeamError } from '@mabeam/foundation'
import { modelFailed } from '../errors.ts'
import type { EmbeddingAnswer, EmbeddingCall } from './embedding-model.ts'

/** The most texts of one call; it is split into as many requests as the provider needs. */
export const embeddingTextsMax = 100_000
const dimensionsMax = 65_536

/** Throws: `foundation/invalid-option`, for an empty text too where the provider refuses it. */
export function checkTexts(owner: string, call: EmbeddingCall, takesEmpty: boolean): void {
  const { values, dimensions } = Object(call) as EmbeddingCall
  const isTexts = Array.isArray(values) && values.every((value) => typeof value === 'string')
  if (!isTexts || values.length > embeddingTextsMax) {
    throw invalidOption(owner, 'values', `an array of at most ${embeddingTextsMax} texts`, values?.length)
  }
  const empty = takesEmpty ? -1 : values.indexOf('')
  if (empty >= 0) throw invalidOption(owner, `values.${empty}`, 'a text that is not empty', '')
  if (dimensions === undefined) return
  if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > dimensionsMax) {
    throw invalidOption(owner, 'dimensions', `an integer from 1 to ${dimensionsMax}`, dimensions)
  }
}

/** Throws: `dspx/model-failed` unless there is one vector of finite numbers a text, each as long as asked and as the others. */
export function checkVectors(modelId: string, { values, dimensions }: EmbeddingCall, answer: EmbeddingAnswer): void {
  const { embeddings } = Object(answer) as EmbeddingAnswer
  if (!Array.isArray(embeddings) || embeddings.length !== values.length) {
    throw unreadable(modelId, `${values.length} vectors, got ${Array.isArray(embeddings) ? embeddings.length : 'none'}`)
  }
  checkLengths(modelId, embeddings, { dimensions })
  for (const [at, vector] of embeddings.entries()) {
    const wrong = vector.findIndex((one) => !Number.isFinite(one))
    if (wrong >= 0) throw unreadable(modelId, `vectors of finite numbers, got ${vector[wrong]} in vector ${at}`)
  }
}

/** Throws: `dspx/model-failed` unless all vectors are equally long. `cached` of them were kept, perhaps of the model as it was before. */
export function checkLengths(
  modelId: string,
  vectors: readonly (readonly number[])[],
  { dimensions, cached = 0 }: { readonly dimensions: number | undefined; readonly cached?: number },
): void {
  const wanted = dimensions ?? vectors[0]?.length
  const at = vectors.findIndex((vector) => !Array.isArray(vector) || vector.length === 0 || vector.length !== wanted)
  if (at < 0) return
  const got = Array.isArray(vectors[at]) ? `one of ${vectors[at].length}` : 'one that is none'
  const hint = cached > 0 ? `; ${cached} came from the cache, which another cacheSalt begins anew` : ''
  throw unreadable(modelId, `vectors of ${wanted || 'some'} numbers, got ${got} (vector ${at})${hint}`)
}

function unreadable(modelId: string, expected: string): MabeamError {
  return modelFailed({ modelId, sentence: `expected ${expected}`, reason: 'unreadable', retryable: false })
}
