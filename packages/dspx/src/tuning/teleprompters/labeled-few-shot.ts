/** Labeled few-shot: training rows as they are, shown as demonstrations. The baseline every other teleprompter must beat. */

import { checkOptions, definedOptions, type Random, rule } from '@mabeam/foundation'
import { choice } from '@mabeam/ml'
import { noExamples } from '../../evaluation/errors.ts'
import type { Demo } from '../../signatures/signature.ts'
import { demoPool, type PoolRow } from '../demo-pool.ts'
import { type PlannedTeleprompter, searchPlan } from '../search-plan.ts'
import { type PlanChoice, type PredictorCandidates, planVariable, planVariables } from '../tuning-plan.ts'
import { candidateSets } from './candidate-sets.ts'
import { demosAllowed } from './program-change.ts'

export interface LabeledFewShotOptions {
  /** At most as many as `tune` lets the program show, which is 16 where it says nothing. @default 16 */
  readonly demos?: number
}

export const labeledFewShotDefaults = { demos: 16 } satisfies Required<LabeledFewShotOptions>

/**
 * A plan with one point: `demos` rows drawn at random, or as many as the program may show, everything else as the program defines it.
 *
 * @example const plan = await labeledFewShot({ demos: 8 }).prepare(context)
 *   const state = applyConfig(program, plan, planSpace(program, plan).defaults)
 */
export function labeledFewShot(options: LabeledFewShotOptions = {}): PlannedTeleprompter {
  checkOptions('labeledFewShot', options, { demos: rule.optional(rule.int(0, 1_000)) })
  const { demos: wanted } = { ...labeledFewShotDefaults, ...definedOptions(options) }
  return searchPlan({
    name: 'labeled-few-shot',
    async prepare({ program, train, random, signal }) {
      signal?.throwIfAborted()
      if (train.length === 0) throw noExamples('labeledFewShot')
      const demos = Math.min(wanted, demosAllowed({ program }))
      const candidate = `labeled-${demos}`
      const variable = planVariable(program, 'candidate')
      const choices: PlanChoice[] = []
      const predictors: { [name: string]: PredictorCandidates } = {}
      for (const predictor of Object.keys(program.predictors)) {
        const { rows } = demoPool(program, predictor, train)
        const sets = candidateSets()
        sets.add(candidate, labeledDemos(rows, { size: demos, random: random.fork(`labeled ${predictor}`) }))
        predictors[predictor] = sets.candidates({})
        choices.push({ variable, predictor, part: 'demos' })
      }
      const space = planVariables({ [variable]: choice([candidate]) })
      const settings = { demos }
      return {
        version: 1,
        teleprompter: 'labeled-few-shot',
        program: program.name,
        settings,
        space,
        starts: [{ [variable]: candidate }],
        choices,
        predictors,
      }
    },
  })
}

/** Rows drawn at random; a smaller draw of the same stream is the beginning of a larger one. */
export function labeledDemos(
  rows: readonly PoolRow[],
  options: { readonly size: number; readonly random: Random },
): readonly Demo[] {
  return options.random
    .shuffle(rows)
    .slice(0, options.size)
    .map(({ demo }) => demo)
}
