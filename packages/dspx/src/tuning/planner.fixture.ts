/** A planner that leaves everything to the search: the program's own variables, from given configurations on. */

import type { Planner } from './planner.ts'
import { planVariables, type TuningPlan } from './tuning-plan.ts'

export function variablesPlanner(...starts: TuningPlan['starts']): Planner {
  return {
    name: 'planner',
    prepare: async ({ program: { name, variables } }) => ({
      version: 1,
      teleprompter: 'planner',
      program: name,
      settings: {},
      space: planVariables(variables),
      starts,
      choices: [],
      predictors: {},
    }),
  }
}
