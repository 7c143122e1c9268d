/** Which models a program may ask. */

import { checkOptions, rule } from '@mabeam/foundation'
import type { ProgramDefinition } from './program-definition.ts'

/**
 * The ids of the models that a program may ask: those its variable `model` chooses among, without one the model of its settings.
 *
 * Throws: `foundation/invalid-option`.
 * @example checkPrices(programModels(program))
 */
export function programModels(program: ProgramDefinition): readonly string[] {
  checkOptions('programModels', { program }, { program: rule.having('initialState') })
  const { model } = program.variables
  return model?.type === 'choice' ? model.values.map(String) : [String(program.initialState().settings.model)]
}
