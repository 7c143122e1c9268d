/**
 * Nearest few-shot: the training rows become pools, and each question is shown those that are nearest to it. How many is decided on
 * the validation rows.
 */

import { checkOptions, rule } from '@mabeam/foundation'
import { noExamples } from '../../evaluation/errors.ts'
import { demoPoolMax, demosMax } from '../../programs/program-state.ts'
import type { Demo } from '../../signatures/signature.ts'
import { demoPool, nearestPool } from '../demo-pool.ts'
import type { Proposal, Teleprompter } from '../teleprompter.ts'
import { changed, demosAllowed } from './program-change.ts'
import { rowsAffordable, startOf, tryInTurn } from './trying.ts'

export interface NearestFewShotOptions {
  /** Demonstrations that a question is shown, at most. @default the most that the program may show, else 16 */
  readonly demos?: number
}

/** The fewest demonstrations that are tried, where more are allowed. */
const fewest = 4
const demosDefault = 16

/**
 * Candidates that show the nearest 4, 8, 16, … rows, up to `demos`, the most first, as many candidates as the budget pays for.
 * A row with the very inputs of the question is not shown to it. A predictor that no row says anything of keeps its
 * demonstrations.
 *
 * Source: Liu et al., What Makes Good In-Context Examples for GPT-3?, DeeLIO 2022 (KATE); DSPy's KNNFewShot. Differs: tf-idf in
 * the place of embeddings, the rows are shown as they are, not bootstrapped anew for each question, and their number is tuned.
 */
export function nearestFewShot(options: NearestFewShotOptions = {}): Teleprompter {
  checkOptions('nearestFewShot', options, { demos: rule.optional(rule.int(1, demosMax)) })
  return {
    name: 'nearest-few-shot',
    async *propose(context) {
      const { program, train, initial, val, random } = context
      if (train.length === 0) throw noExamples('nearestFewShot')
      if (!context.tunes.demos) return context.note('nearestFewShot tunes demonstrations, which tune leaves out')
      const pools: { [predictor: string]: readonly Demo[] } = {}
      for (const predictor of Object.keys(program.predictors)) {
        const { rows } = demoPool(program, predictor, train)
        const drawing = { size: demoPoolMax, random: random.fork(`pool ${predictor}`) }
        if (rows.length > 0) pools[predictor] = nearestPool(rows, drawing)
      }
      if (Object.keys(pools).length === 0) {
        return context.note('nearestFewShot found no training row that holds the inputs and an output of a predictor')
      }
      const allowed = demosAllowed(context)
      const most = Math.min(options.demos ?? (Number.isFinite(allowed) ? allowed : demosDefault), allowed, demosMax)
      const candidates = sizesTo(most).map((size): Proposal => {
        const nearest = Object.fromEntries(Object.keys(pools).map((predictor) => [predictor, size]))
        return {
          state: changed(context, initial, { demos: pools, nearest }),
          rows: 'val',
          origin: { parents: [startOf(context).candidate], how: `the ${size} nearest training rows for each question` },
        }
      })
      yield* tryInTurn(context, candidates.slice(0, Math.max(1, Math.floor(rowsAffordable(context) / val.length))))
    },
  }
}

/** The most, then the powers of two below it. */
function sizesTo(most: number): number[] {
  if (most === 0) return []
  const sizes = [most]
  for (let size = 2 ** Math.ceil(Math.log2(most) - 1); size >= fewest && size < most; size /= 2) sizes.push(size)
  return sizes
}
