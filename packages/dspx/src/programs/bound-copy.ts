/** A program that is a class, bound: a copy with the state, and models to run it on. */

import { isMabeamError } from '@mabeam/foundation'
import type { Adapter } from '../adapters/adapter.ts'
import type { Values } from '../signatures/signature.ts'
import { type BindOptions, type BoundProgram, checkBinding, variablesOf, wholeOutputs } from './bound-program.ts'
import { metered } from './meter.ts'
import type { Program } from './program.ts'
import { settingNames } from './program-copy.ts'
import type { ProgramDefinition } from './program-definition.ts'
import type { ProgramState } from './program-state.ts'
import { readSettings } from './program-variables.ts'
import { detailsOf, type RunDetails } from './result.ts'
import { currentRun, enterRun, overlaid } from './run-context.ts'

/** Binds; see `ProgramDefinition.bind`. */
export function bindCopy(
  parts: {
    readonly program: Program
    readonly definition: ProgramDefinition
    readonly adapters: { readonly [name: string]: Adapter }
  },
  state: ProgramState,
  options: BindOptions,
): BoundProgram {
  const { program, definition, adapters } = parts
  checkBinding(definition, { state, settings: settingNames(program) }, options)
  const { model } = readSettings(definition.name, state.settings, adapters)
  options.models.get(model)
  const copy = program.compile({ ...state, settings: variablesOf(definition, state.settings) })
  return {
    program: definition,
    state,
    run: async (inputs, { row, ...asking } = {}) => {
      const running = () => copy.run(inputs as never, { ...options, adapters, ...asking })
      const result = (await (row ? enterRun(overlaid(currentRun(), { row }), running) : running())) as Values
      const details = detailsOf(result) as RunDetails
      const { usage, attempts, trace, traceOmitted } = details
      return { outputs: outputsOf(definition, result, details), usage, attempts, trace, traceOmitted }
    },
  }
}

/** Throws: `dspx/program-failed` for one that is missing, with what the run took. */
function outputsOf(definition: ProgramDefinition, result: Values, details: RunDetails): Values {
  if (definition.signature.outputs.length === 0) return { ...result }
  try {
    return wholeOutputs(definition, result)
  } catch (thrown) {
    throw isMabeamError(thrown) ? metered(thrown, details) : thrown
  }
}
