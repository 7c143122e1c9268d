/** Objectives: what a study makes larger or smaller. Inside this package everything is a loss, to be made smaller. */

import { checkOptions, definedOptions, invalidOption, rule } from '@mabeam/foundation'
import { invalidVariable } from './errors.ts'

export interface Objective {
  /** The key in a trial's `values`. */
  readonly name: string
  readonly direction: 'maximise' | 'minimise'
  /**
   * `false`: the same configuration always gives the same value, as functions and simulations with fixed seeds do. Then `best` and
   * `front` go by what was observed, and Gaussian processes look for noise no more. @default true: how much there is is inferred
   */
  readonly noise?: boolean
}

/**
 * Objectives as they may be given: a list, or the direction of each by its name, alone or with what else is known of it. The
 * first is the one that `best` goes by.
 */
export type ObjectivesGiven = readonly Objective[] | { readonly [name: string]: Direction | DirectedObjective }

/** An objective beside its name. */
export interface DirectedObjective extends Pick<Objective, 'noise'> {
  readonly direction: Direction
}

/** `max` is short for `maximise`, `min` for `minimise`. */
export type Direction = 'max' | 'min' | Objective['direction']

/** The names in what was given, as literals where they were given as such. */
export type ObjectiveNames<O extends ObjectivesGiven> = O extends readonly { readonly name: infer N extends string }[]
  ? N
  : Extract<keyof O, string>

/** The most objectives of one study. */
export const objectivesMax = 8

/** Anything that was measured on objectives. */
export interface Measured {
  readonly values: { readonly [name: string]: number }
}

/** Throws `foundation/invalid-option` for what has no values. */
export function checkMeasured(owner: string, key: string, given: unknown): void {
  if (!isMeasured(given)) throw invalidOption(owner, key, 'what was measured: { values }', given)
}

/** The same of each in a list. */
export function checkAllMeasured(owner: string, key: string, given: readonly unknown[]): void {
  const wrong = given.findIndex((one) => !isMeasured(one))
  if (wrong >= 0) checkMeasured(owner, `${key}[${wrong}]`, given[wrong])
}

function isMeasured(given: unknown): given is Measured {
  const values = (given as Partial<Measured> | null | undefined)?.values
  return typeof values === 'object' && values !== null
}

/**
 * Values as losses, in the order of the objectives.
 *
 * @example lossesOf({ values: { accuracy: 0.9 } }, [{ name: 'accuracy', direction: 'maximise' }]) // => [-0.9]
 */
export function lossesOf(measured: Measured, objectives: readonly Objective[]): number[] {
  return objectives.map((objective) => lossOf(measured, objective))
}

/** One value as a loss; a value that is missing counts as `Infinity`. */
export function lossOf({ values }: Measured, { name, direction }: Objective): number {
  const value = values[name] ?? Number.NaN
  if (Number.isNaN(value)) return Number.POSITIVE_INFINITY
  return direction === 'maximise' ? -value : value
}

const directions = new Map<unknown, Objective['direction']>([
  ['max', 'maximise'],
  ['maximise', 'maximise'],
  ['min', 'minimise'],
  ['minimise', 'minimise'],
])

/**
 * What was given as the list that everything here works with.
 *
 * Ensures: `noise` is there only where it is false.
 * Throws: `foundation/invalid-option` for a direction that isn't one; as `checkObjectives`.
 * @example objectivesOf('createStudy', { accuracy: 'max' }) // => [{ name: 'accuracy', direction: 'maximise' }]
 */
export function objectivesOf(owner: string, given: ObjectivesGiven): readonly Objective[] {
  const isRecord = typeof given === 'object' && given !== null && !Array.isArray(given)
  const list = isRecord ? Object.entries(given).map(([name, one]) => named(owner, name, one)) : given
  checkObjectives(owner, list as readonly Objective[])
  const objectives = list as readonly Objective[]
  return objectives.some((one) => one.noise !== false && 'noise' in one) ? objectives.map(withoutDefault) : objectives
}

function withoutDefault({ name, direction, noise }: Objective): Objective {
  return { name, direction, ...(noise === false && { noise }) }
}

function named(owner: string, name: string, given: unknown): Objective {
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given)
  if (isObject) checkOptions(`${owner}: objectives: ${name}`, given, { direction: rule.any(), noise })
  const { direction, ...known } = isObject ? definedOptions(given as DirectedObjective) : { direction: given }
  const found = directions.get(direction)
  if (found) return { name, direction: found, ...known }
  const key = isObject ? `${name}: direction` : name
  throw invalidOption(`${owner}: objectives`, key, `one of ${[...directions.keys()].join(', ')}`, direction)
}

const noise = rule.optional(rule.boolean())

/** Throws for no or too many objectives, a name twice, and options that don't exist. */
export function checkObjectives(owner: string, objectives: readonly Objective[]): void {
  if (!Array.isArray(objectives) || objectives.length === 0 || objectives.length > objectivesMax) {
    throw invalidVariable(`${owner}: objectives`, `1 to ${objectivesMax} objectives`, objectives)
  }
  for (const objective of objectives) {
    checkOptions(`${owner}: objective`, objective, {
      name: rule.string(),
      direction: rule.oneOf(['maximise', 'minimise']),
      noise,
    })
  }
  const names = objectives.map(({ name }) => name)
  if (new Set(names).size !== names.length) throw invalidVariable(`${owner}: objectives`, 'names that differ', names)
}
