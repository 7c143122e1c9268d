/**
 * A variable as numbers, which is how samplers see it. *Continuous*: a coordinate in [low, high], the logarithm for a
 * log variable. *Ordered*: steps on such an axis, each a cell half a step to both sides. *Unordered*: indices only.
 */

import type { Random } from '@mabeam/foundation'
import { type Condition, type ConditionParent, orderedByCondition } from './condition.ts'
import { lastStep, stepValue } from './range.ts'
import type { FloatVariable, IntVariable, Scalar, Variable } from './variable.ts'

export interface Dimension {
  readonly name: string
  /** What people are told in place of the name, where that is hard to read. */
  readonly label?: string
  readonly kind: 'continuous' | 'ordered' | 'unordered'
  /** How many values there are; `Infinity` for a continuous one. */
  readonly count: number
  /** Ends of the axis, half a step beyond the outer values when ordered. 0 and `count` when unordered. */
  readonly low: number
  readonly high: number
  /** Coordinate of a value; its index when unordered. */
  coordinate(value: Scalar): number
  /** Index of a value in 0 … count-1; 0 when continuous. */
  indexOf(value: Scalar): number
  /** Value of an index. Requires: not continuous, `0 <= index < count`. */
  valueAt(index: number): Scalar
  /** The value nearest to a coordinate. */
  nearest(coordinate: number): Scalar
  /** Coordinates of the upper edge of the cell of `index`; the lower edge is that of `index - 1`, and `low` for -1. */
  edge(index: number): number
  /** A draw from the prior: uniform on the axis, or over the indices when unordered. */
  draw(random: Random): Scalar
  /** When configurations have a value for it; undefined: always. A space lists dimensions behind those they depend on. */
  readonly condition: Condition | undefined
  /** All ancestors and what they must be. Dimensions with equal requirements are active together. */
  readonly requires: readonly ConditionParent[]
}

/** What a dimension says about its values. */
type Axis = Omit<Dimension, 'condition' | 'requires'>

/**
 * The numeric view of each variable, in order but for those that stand before what they depend on. `labels` are by name.
 *
 * Throws: `foundation/unknown-name`, `ml/invalid-variable` for conditions that can't be.
 */
export function dimensionsOf(
  variables: { readonly [name: string]: Variable },
  labels: ReadonlyMap<string, string> = new Map(),
): Dimension[] {
  return orderedByCondition(variables).map(({ name, variable, condition, requires }) => ({
    ...axisOf(name, variable),
    ...labelOf({ label: labels.get(name) }),
    condition,
    requires,
  }))
}

/** The label of a dimension for what is said about it, where it has one. */
export function labelOf({ label }: { readonly label?: string | undefined }): { readonly label?: string } {
  return label === undefined ? {} : { label }
}

/** Whether `config` has a value for the dimension. Requires: what it depends on is decided. */
export function isActive({ condition }: Dimension, config: { readonly [name: string]: unknown }): boolean {
  return condition === undefined || condition.holds(config)
}

function axisOf(name: string, variable: Variable): Axis {
  if (variable.type === 'choice') return unordered(name, variable.values)
  if (variable.type === 'bool') return unordered(name, [false, true])
  if (variable.min === variable.max) return unordered(name, [variable.min])
  return variable.step === undefined ? continuous(name, variable) : ordered(name, { ...variable, step: variable.step })
}

function unordered(name: string, values: readonly Scalar[]): Axis {
  const indices = new Map(values.map((value, index) => [value, index]))
  const indexOf = (value: Scalar) => indices.get(value) ?? 0
  const valueAt = (index: number) => values[index] as Scalar
  return {
    name,
    kind: 'unordered',
    count: values.length,
    low: 0,
    high: values.length,
    coordinate: indexOf,
    indexOf,
    valueAt,
    nearest: valueAt,
    edge: (index) => index + 1,
    draw: (random) => valueAt(random.int(values.length)),
  }
}

function continuous(name: string, { min, max, log }: FloatVariable | IntVariable): Axis {
  const low = log ? Math.log(min) : min
  const high = log ? Math.log(max) : max
  const nearest = (coordinate: number) => Math.min(max, Math.max(min, log ? Math.exp(coordinate) : coordinate))
  return {
    name,
    kind: 'continuous',
    count: Number.POSITIVE_INFINITY,
    low,
    high,
    coordinate: (value) => (log ? Math.log(value as number) : (value as number)),
    indexOf: () => 0,
    valueAt: () => min,
    nearest,
    edge: () => high,
    draw: (random) => nearest(low + random.next() * (high - low)),
  }
}

function ordered(name: string, variable: (FloatVariable | IntVariable) & { readonly step: number }): Axis {
  const { min, step, log } = variable
  const last = lastStep(variable)
  const axis = (value: number) => (log ? Math.log(value) : value)
  const indexOf = (value: Scalar) => Math.min(last, Math.max(0, Math.round(((value as number) - min) / step)))
  const valueAt = (index: number) => stepValue(variable, index)
  const edge = (index: number) => axis(min + (index + 0.5) * step)
  const low = edge(-1)
  const high = edge(last)
  const nearest = (coordinate: number) => valueAt(indexOf(log ? Math.exp(coordinate) : coordinate))
  return {
    name,
    kind: 'ordered',
    count: last + 1,
    low,
    high,
    coordinate: (value) => axis(value as number),
    indexOf,
    valueAt,
    nearest,
    edge,
    draw: (random) => (log ? nearest(low + random.next() * (high - low)) : valueAt(random.int(last + 1))),
  }
}
