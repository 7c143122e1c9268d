/** What is expected along one variable or two, whatever the others are: the curves and maps that explain a study. */

import { checkOptions, definedOptions, rule, unknownName } from '@mabeam/foundation'
import { invalidVariable } from '../errors.ts'
import { normalQuantile } from '../numeric/normal.ts'
import type { Measurements } from '../recommend/recommend.ts'
import type { Config } from '../space/space.ts'
import type { Scalar } from '../space/variable.ts'
import type { Axis } from './axis.ts'
import { leavesOfForest, mainEffects, meanOver, pairEffect } from './decomposition.ts'
import { evidenceOf, type Question, questionRules } from './evidence.ts'
import { type Forest, type ForestOptions, forestDefaults, forestRules, growForest } from './forest.ts'
import { evidenceWhere } from './parts.ts'
import { type Region, regionOf } from './region.ts'

export interface PartialDependenceOptions<C = Config> extends Question<C>, ForestOptions {
  /** The most points along a numeric variable; categories and few steps have one each. @default 32 */
  readonly points?: number
}

export const partialDependenceDefaults = { ...forestDefaults, points: 32 } satisfies Required<
  Omit<PartialDependenceOptions, keyof Question>
>

/** What is expected at one value of one variable, or at values of two. */
export interface DependencePoint {
  /** In the order of the variables asked about. */
  readonly at: readonly Scalar[]
  /** In units of the objective. */
  readonly value: number
  /** From how much trees that saw other trials differ; they are a little wide, and know nothing of what no tree can see. */
  readonly ci95: readonly [low: number, high: number]
}

export interface PartialDependence {
  readonly variables: readonly string[]
  /** The values along each variable. Shapes: [1 or 2][…]. */
  readonly values: readonly (readonly Scalar[])[]
  /** One for each combination of values, those of the last variable counting fastest. */
  readonly points: readonly DependencePoint[]
  /** What is expected over all of the space in which the variables are active. */
  readonly mean: number
}

/**
 * What is expected at each value of a variable, the others drawn from the prior; conditional variables: where they are active.
 * Undefined for fewer than two complete trials in which the variables are active together.
 *
 * Throws: `foundation/unknown-name` for a variable that is none; `ml/invalid-variable` for none, more than two or one twice; else as `importanceOf`.
 * Source: Friedman, Ann. Statist. 29(5), 2001, section 8.2, as marginals of Hutter, Hoos & Leyton-Brown, ICML 2014. Differs: over the
 * prior and not over the trials, which lie where a sampler liked it; exact, not summed over points.
 * @example partialDependenceOf(study, ['temperature'])?.points[0]?.ci95
 */
export function partialDependenceOf<C extends Config>(
  study: Measurements<C>,
  variables: readonly string[],
  options: PartialDependenceOptions<C> = {},
): PartialDependence | undefined {
  checkOptions('partialDependenceOf', options, {
    ...questionRules,
    ...forestRules,
    points: rule.optional(rule.int(2, 64)),
  })
  const chosen = { ...partialDependenceDefaults, ...definedOptions(options) }
  const all = evidenceOf('partialDependenceOf', study, chosen)
  const picked = axesNamed(variables, all.axes)
  const evidence = evidenceWhere(all, picked)
  const region = regionOf(
    evidence.axes,
    picked.flatMap((axis) => evidence.axes[axis]?.dimension.requires ?? []),
  )
  if (evidence.values.length < 2 || !region) return undefined
  const forest = growForest(evidence, chosen)
  const ofTrees = forest.trees.map((tree) => dependenceOf({ ...forest, trees: [tree] }, region, picked))
  const stops = picked.map((axis) => stopsOf(forest.axes[axis] as Axis, chosen.points))
  const width = forest.axes[picked[1] ?? -1]?.cells ?? 1
  const points = combinations(stops).map((at) => {
    const place = (at[0] as Stop).cell * width + (at[1]?.cell ?? 0)
    return {
      at: at.map(({ value }) => value),
      ...spreadOf(
        forest,
        ofTrees.map((one) => one[place] as number),
      ),
    }
  })
  const mean = forest.center + forest.scale * meanOver(forest, { leaves: leavesOfForest(forest), region })
  return { variables: [...variables], values: stops.map((some) => some.map(({ value }) => value)), points, mean }
}

/** A cell of an axis, and the value in its middle. */
interface Stop {
  readonly cell: number
  readonly value: Scalar
}

function axesNamed(variables: readonly string[], axes: readonly Axis[]): number[] {
  const names = axes.map(({ dimension }) => dimension.name)
  const isPair = Array.isArray(variables) && (variables.length === 1 || variables.length === 2)
  if (!isPair || new Set(variables).size < variables.length) {
    throw invalidVariable('partialDependenceOf: variables', 'one name, or two that differ', variables)
  }
  return variables.map((name) => {
    if (!names.includes(name)) throw unknownName('partialDependenceOf', 'variable', name, names)
    return names.indexOf(name)
  })
}

/** Standardised values in each cell. Shapes: → [cells], or [cells · cells]. */
function dependenceOf(forest: Forest, region: Region, [first, second]: readonly number[]): Float64Array {
  const at = { leaves: leavesOfForest(forest), region }
  const mean = meanOver(forest, at)
  const mains = mainEffects(forest, at)
  const main = mains[first as number] as Float64Array
  if (second === undefined) return main.map((value) => value + mean)
  const other = mains[second] as Float64Array
  return pairEffect(forest, at, { first: first as number, second }).map((value, place) => {
    const [row, column] = [Math.floor(place / other.length), place % other.length]
    return value + mean + (main[row] as number) + (other[column] as number)
  })
}

function spreadOf({ center, scale }: Forest, values: readonly number[]): Pick<DependencePoint, 'value' | 'ci95'> {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const half = normalQuantile(0.975) * Math.sqrt(squares / Math.max(1, values.length - 1))
  const at = (value: number) => center + scale * value
  return { value: at(mean), ci95: [at(mean - half), at(mean + half)] }
}

function stopsOf({ dimension, cells, cellOf }: Axis, points: number): Stop[] {
  const { kind, count, low, high } = dimension
  if (kind === 'unordered' || count <= points) {
    return Array.from({ length: count }, (_, index) => dimension.valueAt(index)).map((value) => ({
      value,
      cell: cellOf(value),
    }))
  }
  return Array.from({ length: Math.min(points, cells) }, (_, i) => {
    const value = dimension.nearest(low + ((i + 0.5) / Math.min(points, cells)) * (high - low))
    return { value, cell: cellOf(value) }
  })
}

function combinations(stops: readonly (readonly Stop[])[]): (readonly Stop[])[] {
  const [first = [], second] = stops
  return first.flatMap((one) => (second ? second.map((other) => [one, other]) : [[one]]))
}
