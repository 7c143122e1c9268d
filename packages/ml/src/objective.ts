/** Objectives: what a study makes larger or smaller. Inside this package everything is a loss, to be made smaller. */

import { checkOptions, rule } from '@mabeam/foundation'
import { invalidVariable } from './errors.ts'

export interface Objective {
  /** The key in a trial's `values`. */
  readonly name: string
  readonly direction: 'maximise' | 'minimise'
}

/** The most objectives of one study. */
export const objectivesMax = 8

/** Anything that was measured on objectives. */
export interface Measured {
  readonly values: { readonly [name: string]: number }
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

/** Throws for no or too many objectives, a name twice, and options that don't exist. */
export function checkObjectives(owner: string, objectives: readonly Objective[]): void {
  if (!Array.isArray(objectives) || objectives.length === 0 || objectives.length > objectivesMax) {
    throw invalidVariable(`${owner}: objectives`, `1 to ${objectivesMax} objectives`, objectives)
  }
  for (const objective of objectives) {
    checkOptions(`${owner}: objective`, objective, {
      name: rule.string(),
      direction: rule.oneOf(['maximise', 'minimise']),
    })
  }
  const names = objectives.map(({ name }) => name)
  if (new Set(names).size !== names.length) throw invalidVariable(`${owner}: objectives`, 'names that differ', names)
}
