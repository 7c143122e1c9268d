/** The state of a program: everything that tuning may change, as plain JSON, apart from the program itself. */

import { checkOptions, nearest, rule } from '@mabeam/foundation'
import type { Config } from '@mabeam/ml'
import { isRecord } from '../record.ts'
import type { Demo, Signature } from '../signatures/signature.ts'
import { invalidState } from './errors.ts'

/** Everything tuned about one predictor. */
export interface PredictorState {
  readonly instructions: string
  /** Shown to the model, in order; where `nearest` is said, the pool that is chosen from. */
  readonly demos: readonly Demo[]
  /** Each question is shown so many of `demos`, those whose inputs are most like its own, the nearest last. Absent: all of them. */
  readonly nearest?: number
}

/** Everything tuned about a program, as plain JSON. */
export interface ProgramState {
  /** Values of variables and fixed settings: `model`, `adapter`, `reasoning`, `temperature`, `demos`, and the program's own. */
  readonly settings: Config
  readonly predictors: { readonly [name: string]: PredictorState }
}

/** The most demonstrations one predictor may show. */
export const demosMax = 1_000
/** The most demonstrations among which the nearest are looked for. */
export const demoPoolMax = 10_000

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
    if (!isRecord(one)) throw invalidState(program, key, 'instructions and demos', one)
    if (typeof one.instructions !== 'string')
      throw invalidState(program, `${key}.instructions`, 'text', one.instructions)
    // a misspelt `nearest` would show the whole pool
    refuseUnknown(program, [key, Object.keys(one)], ['instructions', 'demos', 'nearest'])
    checkPredictorDemos({ program, key }, one, signature)
  }
}

/** Throws `dspx/invalid-state` naming what of a predictor's demonstrations does not fit: `nearest`, or one of `demos` and its field. */
function checkPredictorDemos(
  { program, key }: { readonly program: string; readonly key: string },
  { demos, nearest: count }: Pick<PredictorState, 'demos' | 'nearest'>,
  signature: Signature,
): void {
  if (count !== undefined && !(Number.isSafeInteger(count) && count >= 1 && count <= demosMax)) {
    throw invalidState(program, `${key}.nearest`, `an integer from 1 to ${demosMax}`, count)
  }
  const max = count === undefined ? demosMax : demoPoolMax
  checkDemos({ program, key: `${key}.demos`, max }, demos, signature)
}

/** Throws `dspx/invalid-state` naming the demonstration and its field that do not fit. */
export function checkDemos(
  { program, key, max }: { readonly program: string; readonly key: string; readonly max: number },
  demos: readonly Demo[],
  signature: Signature,
): void {
  if (!Array.isArray(demos) || demos.length > max) {
    throw invalidState(program, key, `a list of at most ${max} demonstrations`, demos)
  }
  for (const [i, demo] of demos.entries()) checkDemo({ program, key: `${key}.${i}` }, demo, signature)
}

/** How many demonstrations a question of a predictor is shown, at most. */
export function demosShown({
  demos,
  nearest: count = demos.length,
}: Pick<PredictorState, 'demos' | 'nearest'>): number {
  return Math.min(count, demos.length)
}

/** How many demonstrations a question is shown by the predictor that shows the most. */
export function mostDemosShown(predictors: ProgramState['predictors']): number {
  return Math.max(0, ...Object.values(predictors).map(demosShown))
}

/**
 * How many demonstrations the prompts of a program really show, at most: its setting `demos` only says how many they may.
 *
 * Throws: `foundation/invalid-option`.
 * @example demoCount({ settings: { demos: 16 }, predictors: { answer: { instructions, demos: [one, two] } } }) // => 2
 */
export function demoCount(state: ProgramState): number {
  checkOptions('demoCount', state, { settings: rule.record(), predictors: rule.record() })
  const { settings, predictors } = state
  return Math.min(Number(settings.demos ?? Number.POSITIVE_INFINITY), mostDemosShown(predictors))
}

/** A predictor that shows at most `count` demonstrations: the first of them, or of a pool as many fewer of the nearest. */
export function withDemosAtMost(one: PredictorState, count: number): PredictorState {
  const { nearest: shown, ...state } = one
  if (shown === undefined || count === 0) return { ...state, demos: one.demos.slice(0, count) }
  return shown <= count ? one : { ...state, nearest: count }
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
