/**
 * Which demonstrations a question is shown: all of a predictor, or those of its pool whose inputs are nearest to the question.
 * Nearness is the cosine of tf-idf over words and pairs of words of the inputs, without a model, so that a choice is the same
 * wherever and whenever it is made.
 */

import { isDeepStrictEqual } from 'node:util'
import { checkField } from '../signatures/schema-field.ts'
import type { Demo, Signature, Values } from '../signatures/signature.ts'
import { exampleText } from '../text/example-text.ts'
import { fitTfIdf, indexVectors } from '../text/tf-idf.ts'
import { demosShown, type PredictorState } from './program-state.ts'

/**
 * What a predictor shows, `countMax` at most: the demonstrations, or, where it says `nearest`, how they are chosen by inputs.
 * Chosen ones stand with the nearest last, beside the question.
 *
 * Source: Liu et al., What Makes Good In-Context Examples for GPT-3?, DeeLIO 2022 (KATE). Differs: tf-idf in the place of
 * sentence embeddings; a demonstration with the very inputs of the question is left out.
 */
export function demosFor(
  asked: Signature,
  one: Pick<PredictorState, 'demos'> & { readonly nearest?: number | undefined },
  countMax = Number.POSITIVE_INFINITY,
): readonly Demo[] | ((inputs: Values) => readonly Demo[]) {
  const { demos, nearest } = one
  if (nearest === undefined) return demos.length <= countMax ? demos : demos.slice(0, countMax)
  const count = Math.min(demosShown({ demos, nearest }), countMax)
  return count === 0 ? [] : (inputs) => nearestDemos(asked, { demos, count }, inputs).reverse()
}

/** The demonstrations of a pool that are nearest to inputs, the nearest first; of equals the earlier one comes first. */
export function nearestDemos(
  asked: Signature,
  { demos, count }: { readonly demos: readonly Demo[]; readonly count: number },
  inputs: Values,
): Demo[] {
  const pool = poolOf(asked, demos)
  return pool.choose(pool.nearness(demoText(asked, inputs)), { inputs, count })
}

/** Demonstrations that can be ranked by any measure of nearness. */
export interface DemoChoice {
  /** The `count` with the most nearness, the nearest first. `nearness` [demos]. Those with the very inputs are left out. */
  choose(nearness: ArrayLike<number>, asked: { readonly inputs: Values; readonly count: number }): Demo[]
}

/** Chooses among demonstrations of a signature. */
export function demoChoice(asked: Signature, demos: readonly Demo[]): DemoChoice {
  const read: (Values | undefined)[] = []
  const inputsAt = (at: number): Values => {
    read[at] ??= readInputs(asked, demos[at]?.inputs ?? {})
    return read[at]
  }
  return {
    choose(nearness, { inputs, count }) {
      const best: number[] = []
      const isLess = (a: number, b: number) => (nearness[a] as number) < (nearness[b] as number)
      for (let at = 0; at < demos.length && count > 0; at++) {
        const isFull = best.length >= count
        if (isFull && !isLess(best.at(-1) as number, at)) continue
        if (isDeepStrictEqual(inputsAt(at), inputs)) continue
        if (isFull) best.pop()
        let place = best.length
        while (place > 0 && isLess(best[place - 1] as number, at)) place--
        best.splice(place, 0, at)
      }
      return best.map((at) => demos[at] as Demo)
    },
  }
}

/** The inputs as the text that nearness is measured by; images, sounds and files say nothing. */
export function demoText({ inputs: fields }: Signature, inputs: Values): string {
  return exampleText({ inputs: inputs as Demo['inputs'] }, fields)
}

/** Inputs as their fields leave them, as those of a question are; what does not fit its field stays as it is. */
export function readInputs({ inputs: fields }: Signature, inputs: Values): Values {
  const read: { [name: string]: unknown } = {}
  for (const field of fields) {
    const value = Object.hasOwn(inputs, field.name) ? inputs[field.name] : undefined
    const result = checkField(field, value)
    const kept = result.issues ? value : result.value
    if (kept !== undefined) read[field.name] = kept
  }
  return read
}

/** A pool with the index over its texts. */
interface IndexedPool extends DemoChoice {
  readonly fields: string
  nearness(text: string): Float64Array
}

/** Indexes by pool: states of one search share theirs. A pool is asked with one set of fields, as a rule. */
const pools = new WeakMap<readonly Demo[], IndexedPool>()

function poolOf(asked: Signature, demos: readonly Demo[]): IndexedPool {
  const fields = asked.inputs.map(({ name }) => name).join()
  const known = pools.get(demos)
  if (known?.fields === fields) return known
  const texts = demos.map(({ inputs }) => demoText(asked, inputs))
  const tfIdf = fitTfIdf(texts)
  const index = indexVectors(
    texts.map((text) => tfIdf.vector(text)),
    tfIdf.terms,
  )
  const pool = {
    ...demoChoice(asked, demos),
    fields,
    nearness: (text: string) => index.similarities(tfIdf.vector(text)),
  }
  pools.set(demos, pool)
  return pool
}
