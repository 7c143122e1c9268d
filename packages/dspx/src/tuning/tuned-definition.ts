/** What tuning makes of a definition: the definition with a state, ready to be bound and to be saved. */

import { checkOptions, rule } from '@mabeam/foundation'
import { saveArtefact } from '../artefacts/artefact.ts'
import type { Origins } from '../artefacts/lineage.ts'
import type { BindOptions, BoundProgram } from '../programs/bound-program.ts'
import type { ProgramDefinition } from '../programs/program-definition.ts'
import type { ProgramState } from '../programs/program-state.ts'
import type { ModelSource } from '../programs/run-options.ts'
import type { SaveOptions } from '../programs/saved-program.ts'

/** How a tuned definition is saved. */
export interface SaveDefinitionOptions extends SaveOptions {
  /** Path of the file whose default export is the definition, so that the artefact alone can be run. @default none */
  readonly module?: string
}

/** A definition in a state that tuning found. */
export interface TunedDefinition<I, O> {
  readonly definition: ProgramDefinition<I, O>
  readonly state: ProgramState
  /** Where the state comes from, as it is saved. */
  readonly origins: Origins
  /** The program, ready to run. @default the models that it was tuned with */
  bind(options?: Partial<BindOptions>): BoundProgram<I, O>
  /**
   * Writes an artefact, whole or not at all.
   *
   * Throws: `dspx/artefact-unwritable`, `dspx/artefact-signature`; `foundation/invalid-option`.
   */
  save(path: string, options?: SaveDefinitionOptions): Promise<void>
}

const saveRules = {
  module: rule.optional(rule.string()),
  clock: rule.optional(rule.having('nowMs')),
  signWith: rule.optional(rule.object()),
}

/** Puts them together. */
export function tunedDefinition<I, O>(
  definition: ProgramDefinition<I, O>,
  { state, origins, models }: { readonly state: ProgramState; readonly origins: Origins; readonly models: ModelSource },
): TunedDefinition<I, O> {
  return {
    definition,
    state,
    origins,
    bind: (options = {}) => definition.bind(state, { models, ...options }),
    async save(path, options = {}) {
      checkOptions('save', options, saveRules)
      await saveArtefact(path, { program: definition, state, ...origins, ...options })
    },
  }
}
