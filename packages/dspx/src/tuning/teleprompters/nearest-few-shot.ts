/**
 * Nearest few-shot: the training rows that are nearest to what the program is asked. A state holds the same demonstrations for
 * all questions, so these are the rows that validation rows have most often among their nearest neighbours.
 */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { noExamples } from '../../evaluation/errors.ts'
import type { Signature } from '../../signatures/signature.ts'
import { exampleText } from '../../text/example-text.ts'
import { fitTfIdf, indexVectors } from '../../text/tf-idf.ts'
import { classOf, type DemoPool, demoPool } from '../demo-pool.ts'
import type { Proposal, Teleprompter, TuningContext } from '../teleprompter.ts'
import { changed, demosAllowed } from './program-change.ts'
import { rowsAffordable, startOf, tryInTurn } from './trying.ts'

export interface NearestFewShotOptions {
  /** Demonstrations of a predictor, at most. @default 16 */
  readonly demos?: number
  /** Neighbours of a validation row that count. @default 5 */
  readonly neighbours?: number
}

export const nearestFewShotDefaults = { demos: 16, neighbours: 5 } as const satisfies Required<NearestFewShotOptions>

/** The most validation rows whose neighbours are looked for. */
export const nearestRowsMax = 2_000

/**
 * Two candidates: the rows with the most votes of their neighbours, and the same with each class in turn where there are classes.
 * Only the inputs of validation rows are looked at, never their labels.
 *
 * Source: Liu et al., What Makes Good In-Context Examples for GPT-3?, DeeLIO 2022. Differs: the choice is made once, for all
 * questions; for a choice by question make the program of the module `knnFewShot`, whose `k` is tuned as a setting.
 */
export function nearestFewShot(options: NearestFewShotOptions = {}): Teleprompter {
  checkOptions('nearestFewShot', options, {
    demos: rule.optional(rule.int(1, 1_000)),
    neighbours: rule.optional(rule.int(1, 1_000)),
  })
  const settings = { ...nearestFewShotDefaults, ...definedOptions(options) }
  return {
    name: 'nearest-few-shot',
    async *propose(context) {
      const { program, train, initial, val } = context
      if (train.length === 0) throw noExamples('nearestFewShot')
      if (!context.tunes.demos) return context.note('nearestFewShot tunes demonstrations, which tune leaves out')
      const size = Math.min(settings.demos, demosAllowed(context))
      const orders = Object.keys(program.predictors).map((predictor) => {
        const pool = demoPool(program, predictor, train)
        return { predictor, pool, order: byVotes(context, { predictor, pool, neighbours: settings.neighbours }) }
      })
      const candidates: Proposal[] = (['most votes', 'most votes in each class'] as const).map((how, i) => {
        const demos = orders.map(({ predictor, pool, order }) => {
          const chosen = (i === 0 ? order : inTurns(pool, order)).slice(0, size)
          return [predictor, chosen.flatMap((at) => pool.rows[at]?.demo ?? [])] as const
        })
        const state = changed(context, initial, { demos: Object.fromEntries(demos) })
        return {
          state,
          rows: 'val',
          origin: { parents: [startOf(context).candidate], how: `training rows with the ${how} of neighbours` },
        }
      })
      yield* tryInTurn(context, candidates.slice(0, Math.max(1, Math.floor(rowsAffordable(context) / val.length))))
    },
  }
}

interface Voting {
  readonly predictor: string
  readonly pool: DemoPool
  readonly neighbours: number
}

/** Positions in the pool, those with the most votes first: the similarities to the validation rows that have them among their nearest. */
function byVotes({ program, val }: TuningContext, { predictor, pool, neighbours }: Voting): number[] {
  const { inputs } = program.predictors[predictor] as Signature
  const texts = pool.rows.map(({ text }) => text)
  const tfIdf = fitTfIdf(texts)
  const index = indexVectors(
    texts.map((text) => tfIdf.vector(text)),
    tfIdf.terms,
  )
  const votes = new Float64Array(texts.length)
  for (const row of val.slice(0, nearestRowsMax)) {
    const similarities = index.similarities(tfIdf.vector(exampleText(row, inputs)))
    const nearest = [...similarities.keys()].sort(
      (a, b) => (similarities[b] as number) - (similarities[a] as number) || a - b,
    )
    for (const at of nearest.slice(0, neighbours)) votes[at] = (votes[at] as number) + (similarities[at] as number)
  }
  return [...votes.keys()].sort((a, b) => (votes[b] as number) - (votes[a] as number) || a - b)
}

/** The same order, the classes in turn. */
function inTurns(pool: DemoPool, order: readonly number[]): number[] {
  const [classing] = pool.classings
  const rounds = new Map<string, number>()
  const placed = order.map((at, place) => {
    const name = classOf(pool.rows[at] as DemoPool['rows'][number], classing)
    const round = rounds.get(name) ?? 0
    rounds.set(name, round + 1)
    return { at, place, round }
  })
  return placed
    .sort((a, b) => (classing === undefined ? 0 : a.round - b.round) || a.place - b.place)
    .map(({ at }) => at)
}
