/** Dimensions cut into cells, which is how trees see them: one for each category or step, or equal parts of the axis. */

import { unitCell } from '../samplers/unit-config.ts'
import type { Dimension } from '../space/dimension.ts'
import type { Scalar } from '../space/variable.ts'

/** Parts of a continuous axis, and of one with more steps. */
const axisCells = 64

export interface Axis {
  readonly dimension: Dimension
  readonly cells: number
  /** Requires: a value of the dimension. */
  cellOf(value: Scalar): number
  /** How likely a draw from the prior falls into each cell. Shapes: [cells]; sums to 1. */
  readonly masses: Float64Array
}

/** @example axisOf(dimensionsOf({ a: bool() })[0]).masses // => Float64Array [0.5, 0.5] */
export function axisOf(dimension: Dimension): Axis {
  const { kind, count, low, high } = dimension
  if (kind === 'unordered' || count <= axisCells) {
    const masses = Float64Array.from({ length: count }, (_, index) => {
      const [from, to] = unitCell(dimension, dimension.valueAt(index))
      return to - from
    })
    return { dimension, cells: count, masses, cellOf: dimension.indexOf }
  }
  return {
    dimension,
    cells: axisCells,
    masses: new Float64Array(axisCells).fill(1 / axisCells),
    cellOf: (value) => {
      const unit = (dimension.coordinate(value) - low) / (high - low)
      return Math.min(axisCells - 1, Math.max(0, Math.floor(unit * axisCells)))
    },
  }
}
