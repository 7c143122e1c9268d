/** How a planner that runs outside `optimize` asks: the models it was given, with nothing counted but what they count themselves. */

import type { PlannerContext } from '../planner.ts'
import type { TuningContext } from '../teleprompter.ts'

/** Runs programs on the planner's models; those that name none on the model of the state that teaches. */
export function askModels({ program, models, teacher, signal }: PlannerContext): TuningContext['ask'] {
  const { model } = (teacher ?? program.initialState()).settings
  return (asked, inputs, { lm = String(model), temperature, seed } = {}) =>
    asked.run(inputs, {
      lm,
      models,
      ...(temperature !== undefined && { temperature }),
      ...(seed !== undefined && { seed }),
      ...(signal && { signal }),
    })
}
