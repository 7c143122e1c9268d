/** Which of two programs is better on the same rows: the paired difference, which forgets what is hard for both. */

import { checkOptions, type OptionRule, type Random, rule } from '@mabeam/foundation'
import { type PairedDifference, pairedDifference } from '@mabeam/ml'
import { noExamples, unpairedEvaluations } from './errors.ts'

/** Scores by example: an `Evaluation`, or anything that has scored the same rows. */
export interface ScoredExamples {
  readonly predictions: readonly { readonly id: string; readonly score: number }[]
}

const scoredRule: OptionRule = {
  expected: 'an evaluation, or { predictions: [{ id, score }] } with a finite number for each score',
  test: (value) => {
    const rows: unknown = (value as Partial<ScoredExamples> | null | undefined)?.predictions
    return Array.isArray(rows) && rows.every((row) => typeof row?.id === 'string' && Number.isFinite(row.score))
  },
  optional: false,
}

/**
 * accuracy(a) - accuracy(b) with a 95 % interval; `a` is better when the interval lies above 0.
 *
 * Throws: `dspx/unpaired-evaluations` when the two did not score the same examples in the same order, or one is no evaluation;
 * `dspx/no-examples`; `foundation/invalid-option`.
 * @example comparePrograms(tuned, zeroShot).ci95 // => [0.08…, 0.15…]
 */
export function comparePrograms(
  a: ScoredExamples,
  b: ScoredExamples,
  options: { readonly random?: Random } = {},
): PairedDifference {
  checkOptions('comparePrograms', options, { random: rule.optional(rule.having('next', 'fork')) })
  checkOptions('comparePrograms', { a, b }, { a: scoredRule, b: scoredRule })
  if (a.predictions.length + b.predictions.length === 0) throw noExamples('comparePrograms')
  const length = Math.max(a.predictions.length, b.predictions.length)
  for (let i = 0; i < length; i++) {
    const expected = a.predictions[i]?.id ?? 'nothing'
    const got = b.predictions[i]?.id ?? 'nothing'
    if (expected !== got) throw unpairedEvaluations(i, expected, got)
  }
  const scores = (one: ScoredExamples) => one.predictions.map(({ score }) => score)
  return pairedDifference(scores(a), scores(b), { ...options, bounds: [-1, 1] })
}
