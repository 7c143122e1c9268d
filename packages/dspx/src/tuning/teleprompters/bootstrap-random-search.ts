/** Bootstrap few-shot with random search: many bootstrapped sets over shuffled rows; a study finds the best. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { noExamples } from '../../evaluation/errors.ts'
import { demoPool } from '../demo-pool.ts'
import { type PlannedTeleprompter, searchPlan } from '../search-plan.ts'
import {
  addBootstrapped,
  type BootstrapFewShotOptions,
  bootstrapFewShotDefaults,
  bootstrapRules,
  candidatePlan,
  setsByPredictor,
  withinAllowed,
} from './bootstrap-few-shot.ts'
import { labeledDemos } from './labeled-few-shot.ts'
import { teacherOf } from './teacher.ts'

export interface BootstrapRandomSearchOptions extends BootstrapFewShotOptions {
  /** Shuffled candidates, beside `zero-shot`, `labeled` and `unshuffled`. @default 16 */
  readonly candidates?: number
}

export const bootstrapRandomSearchDefaults = {
  ...bootstrapFewShotDefaults,
  candidates: 16,
} satisfies Required<BootstrapRandomSearchOptions>

/**
 * A plan with one variable, `candidate`: `zero-shot`, `labeled`, `unshuffled` and `shuffled-1`, `shuffled-2`, …, each
 * of the latter with 1 to `bootstrapped` demonstrations of the teacher.
 *
 * Source: Khattab et al., DSPy, ICLR 2024 (BootstrapFewShotWithRandomSearch). Differs, beyond `bootstrapFewShot`: every
 * second shuffled candidate is filled with labelled rows of each class in turn, which a few drawn rows seldom hold.
 */
export function bootstrapRandomSearch(options: BootstrapRandomSearchOptions = {}): PlannedTeleprompter {
  checkOptions('bootstrapRandomSearch', options, { ...bootstrapRules, candidates: rule.optional(rule.int(1, 1_000)) })
  const wanted = { ...bootstrapRandomSearchDefaults, ...definedOptions(options) }
  return searchPlan({
    name: 'bootstrap-random-search',
    async prepare(context) {
      const { program, train, random } = context
      if (train.length === 0) throw noExamples('bootstrapRandomSearch')
      const teacher = teacherOf(context, wanted)
      const settings = withinAllowed(context, wanted)
      const sets = setsByPredictor(context)
      for (const [predictor, one] of Object.entries(sets)) {
        const { rows } = demoPool(program, predictor, train)
        one.add('zero-shot', [])
        one.add('labeled', labeledDemos(rows, { size: settings.labeled, random: random.fork(`labeled ${predictor}`) }))
      }
      const names = ['zero-shot', 'labeled', 'unshuffled']
      await addBootstrapped(context, { name: 'unshuffled', rows: train, random, teacher, sets, settings })
      for (let i = 1; i <= settings.candidates; i++) {
        const name = `shuffled-${i}`
        const own = random.fork(name)
        const bootstrapped = settings.bootstrapped === 0 ? 0 : 1 + own.int(settings.bootstrapped)
        const rows = own.shuffle(train)
        await addBootstrapped(context, {
          name,
          rows,
          random: own,
          teacher,
          sets,
          settings: { ...settings, bootstrapped },
          isBalanced: i % 2 === 0,
        })
        names.push(name)
      }
      return candidatePlan(context, { teleprompter: 'bootstrap-random-search', names, sets, settings })
    },
  })
}
