/** The state of a program, read from its predictors and written into a copy. */

import { invalidProgram } from './errors.ts'
import type { Program } from './program.ts'
import { checkState, type PredictorState, type ProgramState } from './program-state.ts'
import { reservedNames } from './program-variables.ts'
import { isHolder, isPredictor, nameOf, partsOf, predictorsIn } from './program-walk.ts'

/** Everything tuning may change, as it is now. */
export function stateOf(program: Program): ProgramState {
  const predictors: { [path: string]: PredictorState } = {}
  for (const [path, { instructions, demos }] of predictorsIn(program)) predictors[path] = { instructions, demos }
  return { settings: program.settings, predictors }
}

/** A copy with another state; see `Program.compile`. */
export function copyWith<P extends Program>(program: P, given: Partial<ProgramState>): P {
  const now = stateOf(program)
  const state = {
    settings: { ...now.settings, ...given.settings },
    predictors: { ...now.predictors, ...given.predictors },
  }
  const signatures = Object.fromEntries([...predictorsIn(program)].map(([path, one]) => [path, one.signature]))
  const known = [...new Set([...reservedNames, ...Object.keys(now.settings)])]
  checkState(nameOf(program), state, { predictors: signatures, settings: known })
  const copy = copyOf(program)
  for (const [path, predictor] of predictorsIn(copy)) Object.assign(predictor, state.predictors[path])
  return Object.assign(copy, { settings: state.settings })
}

/** Programs, arrays, plain objects and Maps anew, all else as it is; what was one thing in two places stays one. */
function copyOf<P extends Program>(program: P): P {
  const copies = new Map<object, object>()
  const copy = (part: unknown): unknown => {
    if (!isHolder(part)) return part
    const known = copies.get(part)
    if (known !== undefined) return known
    const made = emptyLike(part)
    copies.set(part, made)
    if (isPredictor(part)) return Object.assign(made, part)
    if (part instanceof Map) for (const [key, value] of part) (made as Map<unknown, unknown>).set(key, copy(value))
    else for (const [key, value] of partsOf(part)) Reflect.set(made, key, copy(value))
    return made
  }
  if (Object.hasOwn(program, 'forward')) {
    throw invalidProgram(
      nameOf(program),
      'forward',
      'a method: a function in a field belongs to the original',
      'a field',
    )
  }
  return copy(program) as P
}

function emptyLike(holder: object): object {
  if (holder instanceof Map) return new Map()
  return Array.isArray(holder) ? [] : Object.create(Object.getPrototypeOf(holder))
}
