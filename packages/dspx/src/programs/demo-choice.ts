/**
 * Which demonstrations a question is shown: all of a predictor, or those of its pool whose inputs are nearest to the question.
 * Nearness is the cosine of tf-idf over words and pairs of words of the inputs, without a model, so that a choice is the same
 * wherever and whenever it is made.
 */

import { isDeepStrictEqual } from 'node:util'
import type { Demo, Signature, Values } from '../signatures/signature.ts'
import { NearestFew } from '../text/nearest-few.ts'
import { demoText, inputsReader } from './demo-inputs.ts'
import { poolIndexOf } from './pool-index.ts'
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
): readonly Demo[] | ((inputs: Values, isLeftOut?: (demo: Demo) => boolean) => readonly Demo[]) {
  const { demos, nearest } = one
  if (nearest === undefined) return demos.length <= countMax ? demos : demos.slice(0, countMax)
  const count = Math.min(demosShown({ demos, nearest }), countMax)
  if (count === 0) return []
  return (inputs, isLeftOut) => nearestDemos(asked, { demos, count, isLeftOut }, inputs).reverse()
}

/** The demonstrations of a pool that are nearest to inputs, the nearest first; of equals the earlier one comes first. */
export function nearestDemos(asked: Signature, { demos, count, isLeftOut }: DemosAsked, inputs: Values): Demo[] {
  const { read, nearness } = poolIndexOf(asked, demos)
  return chosen({ demos, read, isLeftOut }, nearness(demoText(asked, inputs)), { inputs, count })
}

/** A pool, and what of it may be chosen. */
interface DemosAsked {
  readonly demos: readonly Demo[]
  readonly count: number
  readonly isLeftOut?: ((demo: Demo) => boolean) | undefined
}

/** Demonstrations that can be ranked by any measure of nearness. */
export interface DemoChoice {
  /** The `count` with the most nearness, the nearest first. `nearness` [demos]. Those with the very inputs are left out. */
  choose(nearness: ArrayLike<number>, asked: { readonly inputs: Values; readonly count: number }): Demo[]
}

/** Chooses among demonstrations of a signature. */
export function demoChoice(asked: Signature, demos: readonly Demo[]): DemoChoice {
  const read = inputsReader(asked, demos)
  return { choose: (nearness, question) => chosen({ demos, read }, nearness, question) }
}

interface ReadDemos extends Pick<DemosAsked, 'demos' | 'isLeftOut'> {
  readonly read: (at: number) => Values
}

function chosen(
  { demos, read, isLeftOut }: ReadDemos,
  nearness: ArrayLike<number>,
  { inputs, count }: { readonly inputs: Values; readonly count: number },
): Demo[] {
  const few = new NearestFew(nearness, Math.min(count, demos.length))
  for (let at = 0; at < demos.length; at++) {
    if (!few.wants(at) || isSameInputs(read(at), inputs) || isLeftOut?.(demos[at] as Demo)) continue
    few.take(at)
  }
  return few.inOrder().map((at) => demos[at] as Demo)
}

/** Texts that differ are seen at once; all else is compared to its depth. */
function isSameInputs(one: Values, other: Values): boolean {
  for (const name in one) {
    const value = one[name]
    if (typeof value === 'string' && value !== other[name]) return false
  }
  return isDeepStrictEqual(one, other)
}
