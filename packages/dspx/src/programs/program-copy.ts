/** The state of a program, read from its predictors and written into a copy. */

import type { Config } from '@mabeam/ml'
import { invalidProgram } from './errors.ts'
import type { Program } from './program.ts'
import { checkState, type PredictorState, type ProgramState } from './program-state.ts'
import { checkSettings, reservedNames } from './program-variables.ts'
import { isHolder, isPredictor, nameOf, partsOf, predictorsIn, programsIn } from './program-walk.ts'

/** Everything tuning may change, as it is now. Settings of programs inside stand behind their path: `query.temperature`. */
export function stateOf(program: Program): ProgramState {
  const settings: { [name: string]: Config[string] } = {}
  const predictors: { [path: string]: PredictorState } = {}
  for (const { path, program: inner } of programsIn(program)) {
    for (const [name, value] of Object.entries(inner.settings)) settings[placed(path, name)] = value
    if (!isPredictor(inner)) continue
    predictors[path === '' ? inner.programName : path] = { instructions: inner.instructions, demos: inner.demos }
  }
  return { settings, predictors }
}

/** The names of settings that a program and the programs inside of it read: reserved ones and those it has. */
export function settingNames(program: Program): string[] {
  return programsIn(program).flatMap(({ path, program: inner }) =>
    [...new Set([...reservedNames, ...Object.keys(inner.settings)])].map((name) => placed(path, name)),
  )
}

function placed(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

/** A copy with another state; see `Program.compile`. */
export function copyWith<P extends Program>(program: P, given: Partial<ProgramState>): P {
  const now = stateOf(program)
  const state = {
    settings: { ...now.settings, ...given.settings },
    predictors: { ...now.predictors, ...given.predictors },
  }
  const signatures = Object.fromEntries([...predictorsIn(program)].map(([path, one]) => [path, one.signature]))
  checkState(nameOf(program), state, { predictors: signatures, settings: settingNames(program) })
  const copy = copyOf(program)
  for (const [path, predictor] of predictorsIn(copy)) Object.assign(predictor, state.predictors[path])
  for (const { path, program: inner } of programsIn(copy)) {
    const own = Object.entries(state.settings).filter(([name]) => pathOf(name) === path)
    const settings = Object.fromEntries(
      own.map(([name, value]) => [name.slice(path === '' ? 0 : path.length + 1), value]),
    )
    checkSettings(path === '' ? nameOf(program) : path, settings)
    Object.assign(inner, { settings })
  }
  return copy
}

/** The path of the program that a setting belongs to. */
function pathOf(setting: string): string {
  return setting.slice(0, Math.max(0, setting.lastIndexOf('.')))
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
