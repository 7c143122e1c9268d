/** The state of a program, read from its predictors and written into a copy. */

import type { Config } from '@mabeam/ml'
import { invalidProgram, invalidState } from './errors.ts'
import type { Program } from './program.ts'
import { checkState, type PredictorState, type ProgramState } from './program-state.ts'
import { checkSettings, reservedNames } from './program-variables.ts'
import { isHolder, isPredictor, isProgram, nameOf, predictorsIn, programsIn } from './program-walk.ts'

/** Everything tuning may change, as it is now. Settings of programs inside stand behind their path: `query.temperature`. */
export function stateOf(program: Program): ProgramState {
  const settings: { [name: string]: Config[string] } = {}
  const predictors: { [path: string]: PredictorState } = {}
  for (const { path, program: inner } of programsIn(program)) {
    for (const [name, value] of Object.entries(inner.settings)) settings[placed(path, name)] = value
    if (!isPredictor(inner)) continue
    const { instructions, demos, nearest } = inner
    predictors[path === '' ? inner.programName : path] = {
      instructions,
      demos,
      ...(nearest !== undefined && { nearest }),
    }
  }
  return { settings, predictors }
}

/** The names of settings that a program and the programs inside of it read: reserved ones and those it has. */
export function settingNames(program: Program): string[] {
  return programsIn(program).flatMap(({ path, program: inner }) => ownNames(inner).map((name) => placed(path, name)))
}

function ownNames(program: Program): string[] {
  return [...new Set([...reservedNames, ...Object.keys(program.settings)])]
}

function placed(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

/** A copy with another state; see `Program.compile`. */
export function copyWith<P extends Program>(program: P, given: Partial<ProgramState>): P {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalidState(nameOf(program), '(all)', 'an object with settings and predictors', given)
  }
  const now = stateOf(program)
  const state = {
    settings: { ...now.settings, ...given.settings },
    predictors: { ...now.predictors, ...given.predictors },
  }
  const signatures = Object.fromEntries([...predictorsIn(program)].map(([path, one]) => [path, one.signature]))
  checkState(nameOf(program), state, { predictors: signatures, settings: settingNames(program) })
  const copy = copyOf(program)
  // a state without `nearest` shows all, whatever the program did before
  for (const [path, predictor] of predictorsIn(copy)) {
    Object.assign(predictor, { nearest: undefined }, state.predictors[path])
  }
  for (const { path, program: inner } of programsIn(copy)) {
    const settings: { [name: string]: Config[string] } = {}
    for (const name of ownNames(inner)) {
      const value = state.settings[placed(path, name)]
      if (value !== undefined) settings[name] = value
    }
    checkSettings(path === '' ? nameOf(program) : path, settings)
    Object.assign(inner, { settings })
  }
  return copy
}

/** On every copy. */
const copyBrand: unique symbol = Symbol.for('mabeam.lm-program-copy')

/**
 * The `#private` name that a copy has lost, by the source of its class: nothing outside of a class sees or copies such a field. Undefined
 * for a program that is no copy, or whose class declares none.
 */
export function privateFieldLost(program: Program): string | undefined {
  if (!Object.hasOwn(program, copyBrand)) return undefined
  for (let at = Object.getPrototypeOf(program); at !== null; at = Object.getPrototypeOf(at)) {
    const found = privateField.exec(Function.prototype.toString.call(at.constructor))
    if (found !== null) return found[1]
  }
  return undefined
}

const privateField = /this\s*\.\s*(#[A-Za-z_$][\w$]*)/

/** Programs, arrays, plain objects and Maps anew, all else as it is; what was one thing in two places stays one. */
function copyOf<P extends Program>(program: P): P {
  const copies = new Map<object, object>()
  const copy = (part: unknown): unknown => {
    if (!isHolder(part)) return part
    const known = copies.get(part)
    if (known !== undefined) return known
    const made = emptyLike(part)
    copies.set(part, made)
    if (isProgram(part)) Object.defineProperty(made, copyBrand, { value: true })
    if (isProgram(part) && Object.hasOwn(part, 'forward')) {
      const expected = 'a method: a function in a field belongs to the original'
      throw invalidProgram(nameOf(part), 'forward', expected, 'a field')
    }
    if (part instanceof Map) for (const [key, value] of part) (made as Map<unknown, unknown>).set(key, copy(value))
    const isLeaf = isPredictor(part)
    for (const key of Reflect.ownKeys(part)) {
      const field = Object.getOwnPropertyDescriptor(part, key) as PropertyDescriptor
      if (!isLeaf && 'value' in field) field.value = copy(field.value)
      Object.defineProperty(made, key, field)
    }
    return made
  }
  return copy(program) as P
}

function emptyLike(holder: object): object {
  if (holder instanceof Map) return new Map()
  return Array.isArray(holder) ? [] : Object.create(Object.getPrototypeOf(holder))
}
