/** Axes: their ends from the values on them, or from the space. */

import type { Objective } from '../objective.ts'
import type { Dimension } from '../space/dimension.ts'
import type { Config } from '../space/space.ts'
import type { Scalar } from '../space/variable.ts'
import type { Axis, CategoryAxis, NumberAxis } from './plot.ts'
import type { PlotSource } from './plot-source.ts'

/** The most categories of one axis; beyond, the most frequent ones, and all others as one. */
const categoriesMax = 64

export interface NumberAxisOptions {
  readonly scale?: NumberAxis['scale']
  readonly unit?: string | undefined
  readonly better?: NumberAxis['better'] | undefined
}

/**
 * An axis that holds all finite values, above 0 where it is logarithmic; values that are all equal lie in its middle.
 *
 * @example numberAxis('cost', [1, 3, Number.NaN]).domain // => [1, 3]
 */
export function numberAxis(
  name: string,
  values: Iterable<number | null>,
  { scale = 'linear', unit, better }: NumberAxisOptions = {},
): NumberAxis {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    if (value === null || !isOn(scale, value)) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  const domain = domainOf(scale, low, high)
  return { name, ...(unit === undefined ? {} : { unit }), scale, domain, ...(better === undefined ? {} : { better }) }
}

/** The axis of an objective. */
export function objectiveAxis(objective: Objective, values: Iterable<number | null>, log = false): NumberAxis {
  const better = objective.direction === 'maximise' ? 'larger' : 'smaller'
  return numberAxis(objective.name, values, { scale: log ? 'log' : 'linear', better })
}

/** A value for an axis: null where it can't be on it. @example onAxis('log', 0) // => null */
export function onAxis(scale: NumberAxis['scale'], value: number | undefined): number | null {
  return value !== undefined && isOn(scale, value) ? value : null
}

/** Where a value is between the ends of an axis, 0 to 1 for what is on it. A category is in the middle of its place. */
export function placeOn(axis: Axis, value: number): number {
  if (axis.scale === 'category') return (value + 0.5) / axis.categories.length
  const [low, high] = axis.domain
  if (axis.scale === 'log') return (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low))
  // Halved and scaled, because the ends of an axis may be further apart than the largest number.
  const size = Math.max(Math.abs(low), Math.abs(high))
  return (value / size - low / size) / (high / size - low / size)
}

/** An axis of a variable, and where configurations are on it. */
export interface VariableAxis {
  readonly axis: Axis
  /** Null where the variable is inactive. */
  of(config: Config): number | null
}

/**
 * The axis of a variable: from end to end of its range, or its values in their order. Beyond `categoriesMax` values those that are most
 * frequent in `configs`.
 */
export function variableAxis(dimension: Dimension, source: PlotSource, configs: readonly Config[]): VariableAxis {
  const { name } = dimension
  const unit = source.space.variables?.[name]?.unit
  if (dimension.kind === 'unordered') return categoryAxis(dimension, unit, configs)
  const ends = [valueAt(dimension, 0), valueAt(dimension, 1)].map((value) => dimension.nearest(value)) as number[]
  const scale = isLogarithmic(dimension) ? 'log' : 'linear'
  return {
    axis: numberAxis(name, ends, { scale, unit }),
    of: (config) => onAxis(scale, config[name] as number | undefined),
  }
}

/** A coordinate of the dimension at a share of its axis. */
function valueAt({ low, high }: Dimension, share: number): number {
  return low + share * (high - low)
}

/** Coordinates of a logarithmic variable are logarithms, so that 1 is at 0. */
export function isLogarithmic(dimension: Dimension): boolean {
  return dimension.kind !== 'unordered' && dimension.coordinate(1) === 0
}

function categoryAxis(dimension: Dimension, unit: string | undefined, configs: readonly Config[]): VariableAxis {
  const { name, count } = dimension
  const indexIn = (config: Config) => {
    const value = config[name]
    return value === undefined ? null : dimension.indexOf(value)
  }
  const shown = count <= categoriesMax ? Array.from({ length: count }, (_, i) => i) : mostFrequent(configs.map(indexIn))
  const labels = labelsOf(shown.map((index) => dimension.valueAt(index)))
  const categories = count <= categoriesMax ? labels : [...labels, `(${count - shown.length} others)`]
  const placeOf = new Map(shown.map((index, place) => [index, place]))
  const axis: CategoryAxis = { name, ...(unit === undefined ? {} : { unit }), scale: 'category', categories }
  return {
    axis,
    of(config) {
      const index = indexIn(config)
      return index === null ? null : (placeOf.get(index) ?? shown.length)
    },
  }
}

function mostFrequent(indices: readonly (number | null)[]): number[] {
  const counts = new Map<number, number>()
  for (const index of indices) if (index !== null) counts.set(index, (counts.get(index) ?? 0) + 1)
  const byCount = [...counts].sort(([a, m], [b, n]) => n - m || a - b)
  return byCount
    .slice(0, categoriesMax - 1)
    .map(([index]) => index)
    .sort((a, b) => a - b)
}

/** Values as texts that differ: `1` and `'1'` do not look alike. */
function labelsOf(values: readonly Scalar[]): string[] {
  const texts = values.map(String)
  return new Set(texts).size === texts.length ? texts : values.map((value) => JSON.stringify(value))
}

function isOn(scale: NumberAxis['scale'], value: number): boolean {
  return Number.isFinite(value) && (scale === 'linear' || value > 0)
}

function domainOf(scale: NumberAxis['scale'], low: number, high: number): readonly [number, number] {
  if (low > high) return scale === 'log' ? [0.1, 1] : [0, 1]
  if (low < high) return [low, high]
  if (scale === 'log') return [Math.max(low / 2, Number.MIN_VALUE), Math.min(2 * high, Number.MAX_VALUE)]
  const margin = low === 0 ? 0.5 : Math.abs(low) / 2
  return [Math.max(low - margin, -Number.MAX_VALUE), Math.min(high + margin, Number.MAX_VALUE)]
}
