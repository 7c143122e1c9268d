/** The variables of a study as axes, and its configurations as scalars. */

import { unknownName } from '@mabeam/foundation'
import type { Dimension } from '../space/dimension.ts'
import type { Config } from '../space/space.ts'
import { counted, type PlotSource, type PlotTrial } from './plot-source.ts'

/** The variables that a plot shows. */
export interface ShownVariables {
  readonly dimensions: readonly Dimension[]
  /** What is not shown, as a sentence, or nothing. */
  readonly notes: readonly string[]
}

/**
 * The named variables, or the first `most`. A list has one for each scalar that it consists of.
 *
 * Throws: `foundation/unknown-name`.
 */
export function shownVariables(
  owner: string,
  { space }: PlotSource,
  { names, most }: { readonly names: readonly string[] | undefined; readonly most: number },
): ShownVariables {
  if (names) return { dimensions: names.map((name) => dimensionOf(owner, space, name)), notes: [] }
  const left = space.dimensions.length - most
  const notes = left > 0 ? [`${counted(left, 'more variable')}; name those to be shown in \`variables\`.`] : []
  return { dimensions: space.dimensions.slice(0, most), notes }
}

/** Throws: `foundation/unknown-name`. */
export function dimensionOf(owner: string, { dimensions }: PlotSource['space'], name: string): Dimension {
  const found = dimensions.find((one) => one.name === name)
  if (found) return found
  throw unknownName(
    owner,
    'variable',
    name,
    dimensions.map((one) => one.name),
  )
}

/** The configuration of a trial as its dimensions see it. */
export function scalarConfig({ space }: PlotSource, { trial }: PlotTrial): Config {
  return (space.toScalar ? space.toScalar(trial.config as never) : trial.config) as Config
}

/** Trials that have values: complete ones, within the limits or not. */
export function completeOnes(trials: readonly PlotTrial[]): PlotTrial[] {
  return trials.filter(({ role }) => role === 'measured' || role === 'beyond-limit')
}

/** That some trials have no values, as a sentence, or nothing. */
export function missingNote(trials: readonly PlotTrial[]): string[] {
  const missing = trials.length - completeOnes(trials).length
  return missing > 0 ? [`${counted(missing, 'trial')} failed or pruned, not shown.`] : []
}
