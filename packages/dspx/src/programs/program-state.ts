/** The state of a program: everything that tuning may change, as plain JSON, apart from the program itself. */

import { type Json, nearest } from '@mabeam/foundation'
import type { Config } from '@mabeam/ml'
import type { Demo, Signature } from '../signatures/signature.ts'
import { invalidState } from './errors.ts'

/** Everything tuned about one predictor. */
export interface PredictorState {
  readonly instructions: string
  readonly demos: readonly Demo[]
}

/** Everything tuned about a program, as plain JSON. */
export interface ProgramState {
  /** Values of variables and fixed settings: `model`, `adapter`, `reasoning`, `temperature`, `demos`, and the program's own. */
  readonly settings: Config
  readonly predictors: { readonly [name: string]: PredictorState }
}

/** The most demonstrations one predictor may show. */
export const demosMax = 1_000

/**
 * Throws `dspx/invalid-state` naming the first key that does not fit the program: another predictor, an unknown
 * setting, a demonstration with a field that the signature does not have.
 */
export function checkState(
  program: string,
  state: ProgramState,
  known: { readonly predictors: { readonly [name: string]: Signature }; readonly settings: readonly string[] },
): void {
  if (!isRecord(state) || !isRecord(state.settings) || !isRecord(state.predictors)) {
    throw invalidState(program, '(all)', 'an object with settings and predictors', state)
  }
  refuseUnknown(program, ['settings', Object.keys(state.settings)], known.settings)
  refuseUnknown(program, ['predictors', Object.keys(state.predictors)], Object.keys(known.predictors))
  for (const [name, signature] of Object.entries(known.predictors)) {
    const one = state.predictors[name]
    const key = `predictors.${name}`
    if (one === undefined) throw invalidState(program, key, 'instructions and demos', undefined)
    if (typeof one.instructions !== 'string')
      throw invalidState(program, `${key}.instructions`, 'text', one.instructions)
    checkDemos({ program, key: `${key}.demos` }, one.demos, signature)
  }
}

/** Throws `dspx/invalid-state` naming the demonstration and its field that do not fit. */
export function checkDemos(
  { program, key }: { readonly program: string; readonly key: string },
  demos: readonly Demo[],
  signature: Signature,
): void {
  if (!Array.isArray(demos) || demos.length > demosMax) {
    throw invalidState(program, key, `a list of at most ${demosMax} demonstrations`, demos)
  }
  for (const [i, demo] of demos.entries()) checkDemo({ program, key: `${key}.${i}` }, demo, signature)
}

/** A demonstration may leave out fields, and may hold `reasoning`. */
function checkDemo(place: { readonly program: string; readonly key: string }, demo: Demo, signature: Signature): void {
  const { program, key } = place
  if (!isRecord(demo) || !isRecord(demo.inputs) || !isRecord(demo.outputs)) {
    throw invalidState(program, key, 'an object with inputs and outputs', demo)
  }
  for (const side of ['inputs', 'outputs'] as const) {
    const fields = signature[side]
    for (const name in demo[side]) {
      if (fields.some((field) => field.name === name) || (side === 'outputs' && name === 'reasoning')) continue
      throw invalidState(program, `${key}.${side}`, `only ${fields.map((field) => field.name).join(', ')}`, name)
    }
  }
}

function refuseUnknown(
  program: string,
  [key, names]: readonly [key: string, names: readonly string[]],
  known: readonly string[],
): void {
  const unknown = names.find((name) => !known.includes(name))
  if (unknown === undefined) return
  const near = nearest(unknown, known)
  throw invalidState(program, key, near ? `"${near}"` : `only ${known.join(', ') || 'nothing'}`, unknown)
}

function isRecord(value: unknown): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
