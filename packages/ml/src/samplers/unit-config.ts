/** Configurations from numbers in [0, 1): what samplers that fill the unit cube propose. */

import { type Dimension, isActive } from '../space/dimension.ts'
import type { Config } from '../space/space.ts'
import type { Scalar } from '../space/variable.ts'

/** A configuration whose active values are picked one by one, parents first. */
export function buildConfig(
  dimensions: readonly Dimension[],
  pick: (dimension: Dimension, d: number) => Scalar,
): Config {
  const config: { [name: string]: Scalar } = {}
  for (const [d, dimension] of dimensions.entries()) {
    if (isActive(dimension, config)) config[dimension.name] = pick(dimension, d)
  }
  return config
}

/**
 * The value at a share of the axis, so that a uniform `unit` draws from the prior.
 *
 * @example valueAtUnit(dimensionOf(choice(['a', 'b'])), 0.75) // => 'b'
 */
export function valueAtUnit(dimension: Dimension, unit: number): Scalar {
  const { kind, count, low, high } = dimension
  if (kind === 'unordered') return dimension.valueAt(Math.min(count - 1, Math.floor(unit * count)))
  return dimension.nearest(low + unit * (high - low))
}

/** Both ends of the share of the axis that a value stands for; equal for a value of a continuous dimension. */
export function unitCell(dimension: Dimension, value: Scalar): readonly [low: number, high: number] {
  const { kind, count, low, high } = dimension
  const place = kind === 'continuous' ? 0 : dimension.indexOf(value)
  if (kind === 'unordered') return [place / count, (place + 1) / count]
  const unit = (coordinate: number) => (coordinate - low) / (high - low)
  if (kind === 'continuous') {
    const at = unit(dimension.coordinate(value))
    return [at, at]
  }
  return [place === 0 ? 0 : unit(dimension.edge(place - 1)), unit(dimension.edge(place))]
}
