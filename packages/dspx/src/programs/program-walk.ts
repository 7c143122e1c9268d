/**
 * The programs inside a program, found by walking its fields: own enumerable fields, arrays, plain objects and Maps.
 * What is reachable twice is met once, by its first path; cycles end.
 */

import { invalidOption } from '@mabeam/foundation'
import type { Demo, Signature } from '../signatures/signature.ts'
import { programTooLarge } from './errors.ts'
import type { Program } from './program.ts'
import type { RunOptions } from './run-options.ts'

/** The most objects (programs and what holds them) that are looked at in one program. */
export const walkObjectsMax = 100_000
/** How deep fields are followed. */
export const walkDepthMax = 64

/** On every `Program` of any copy of this package. */
export const programBrand: unique symbol = Symbol.for('mabeam.lm-program')

/** On every predictor of any copy of this package. */
export const predictorBrand: unique symbol = Symbol.for('mabeam.lm-predictor')

/** What walking finds of a predictor: a program that asks a model itself, and holds no others. */
export interface PredictorParts extends Program {
  readonly programName: string
  readonly signature: Signature
  readonly instructions: string
  readonly demos: readonly Demo[]
  /** How many of `demos` a question is shown, where they are a pool. */
  readonly nearest: number | undefined
  /** Options it was made with. */
  readonly options: RunOptions
}

/** True for a predictor of any copy of this package in the process. */
export function isPredictor(value: unknown): value is PredictorParts {
  return isProgram(value) && predictorBrand in value
}

/** True for a `Program` of any copy of this package in the process. */
export function isProgram(value: unknown): value is Program {
  return typeof value === 'object' && value !== null && programBrand in value
}

/** Throws `foundation/invalid-option` for what is no program. */
export function checkProgram(owner: string, value: unknown): void {
  if (isProgram(value)) return
  const expected = 'a program: what predict(…) and its like give, or an object of a class that extends Program'
  throw invalidOption(owner, 'program', expected, value)
}

/** A program and where it was found: `query`, `steps.0`; the program itself has the empty path. */
export interface FoundProgram {
  readonly path: string
  readonly program: Program
}

/**
 * A program and all programs inside of it, in the order of their fields. Throws: `dspx/program-too-large`.
 */
export function programsIn(root: Program): FoundProgram[] {
  const found: FoundProgram[] = []
  const seen = new Set<object>()
  const visit = (value: object, path: string, depth: number) => {
    if (seen.has(value)) return
    seen.add(value)
    if (seen.size > walkObjectsMax) throw programTooLarge(nameOf(root), `at most ${walkObjectsMax} objects`, path)
    if (depth > walkDepthMax) throw programTooLarge(nameOf(root), `fields at most ${walkDepthMax} deep`, path)
    if (isProgram(value)) found.push({ path, program: value })
    if (isPredictor(value)) return
    for (const [key, part] of partsOf(value)) {
      if (isHolder(part)) visit(part, path === '' ? key : `${path}.${key}`, depth + 1)
    }
  }
  visit(root, '', 0)
  return found
}

/** The predictors of a program by their path; one that is the whole program by its own name. Throws as {@link programsIn}. */
export function predictorsIn(root: Program): Map<string, PredictorParts> {
  const predictors = new Map<string, PredictorParts>()
  for (const { path, program } of programsIn(root)) {
    if (isPredictor(program)) predictors.set(path === '' ? program.programName : path, program)
  }
  return predictors
}

/** What is walked into: programs, arrays, plain objects and Maps. */
export function isHolder(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value) || value instanceof Map || isProgram(value)) return true
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

/** Inputs and outputs of a whole program: its member `signature`, where it has one. */
export function signatureOf(program: Program): Signature | undefined {
  const said: Partial<Signature> | undefined = Reflect.get(program, 'signature')
  return Array.isArray(said?.inputs) && Array.isArray(said.outputs) ? (said as Signature) : undefined
}

/** What a program is called in errors: the name it gave itself, or its class. */
export function nameOf(program: Program): string {
  return isPredictor(program) ? program.programName : program.constructor.name || 'program'
}

/** What a holder holds, by key. */
function* partsOf(holder: object): Iterable<readonly [key: string, part: unknown]> {
  if (holder instanceof Map) {
    for (const [key, part] of holder) yield [String(key), part]
  } else if (Array.isArray(holder)) {
    for (let i = 0; i < holder.length; i++) yield [String(i), holder[i]]
  } else {
    for (const key of Object.keys(holder)) yield [key, Reflect.get(holder, key)]
  }
}
