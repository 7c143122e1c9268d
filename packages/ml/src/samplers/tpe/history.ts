/**
 * A study's finished trials as columns of numbers, each column with its rows in sorted order. Both grow by insertion, so
 * that an ask neither encodes nor sorts what an earlier ask has seen.
 */

import { feasibleFirstLosses } from '../../outcome-limit.ts'
import type { AskContext } from '../../sampler.ts'
import { type ActivityGroup, activityGroups } from '../../space/activity-group.ts'
import type { Dimension } from '../../space/dimension.ts'
import type { Config } from '../../space/space.ts'
import type { Scalar } from '../../space/variable.ts'
import type { FinishedTrial } from '../../trial.ts'
import type { Observations } from './kernels.ts'

/** Rows are counted in the order of tells. */
export interface History {
  readonly dimensions: readonly Dimension[]
  readonly groups: readonly ActivityGroup[]
  readonly objectives: AskContext['objectives']
  readonly limits: NonNullable<AskContext['limits']>
  /** Per dimension, the coordinate of each row; NaN where it is inactive. */
  readonly columns: readonly number[][]
  /** Per dimension, the rows in which it is active by coordinate, older first among equals. */
  readonly sorted: readonly number[][]
  /** Losses of each row, those beyond a limit after all others; undefined for a failed or pruned trial. */
  readonly losses: (readonly number[] | undefined)[]
  /** Complete rows by their first loss, older first among equals. */
  readonly byLoss: number[]
}

export function emptyHistory({ space, objectives, limits = [] }: AskContext): History {
  const { dimensions } = space
  const columns = () => dimensions.map((): number[] => [])
  const groups = activityGroups(dimensions)
  return { dimensions, groups, objectives, limits, columns: columns(), sorted: columns(), losses: [], byLoss: [] }
}

export function addTrial(history: History, trial: FinishedTrial): void {
  const row = history.losses.length
  for (const [d, dimension] of history.dimensions.entries()) {
    const column = history.columns[d] as number[]
    const value = trial.config[dimension.name]
    column.push(value === undefined ? Number.NaN : dimension.coordinate(value))
    if (value !== undefined && dimension.kind !== 'unordered')
      insertSorted(history.sorted[d] as number[], row, (one) => column[one] as number)
  }
  history.losses.push(
    trial.state === 'complete' ? feasibleFirstLosses(trial, history.objectives, history.limits) : undefined,
  )
  if (trial.state === 'complete') insertSorted(history.byLoss, row, (one) => history.losses[one]?.[0] as number)
}

/**
 * The chosen rows and after them the `extra` configurations, as observations of one dimension.
 *
 * Requires: `rows` ascending; the dimension is active in all of them and of `extra`.
 */
export function observationsOf(
  history: History,
  d: number,
  { rows, extra }: { readonly rows: readonly number[]; readonly extra: readonly Config[] },
): Observations {
  const dimension = history.dimensions[d] as Dimension
  const column = history.columns[d] as number[]
  const coordinates = new Float64Array(rows.length + extra.length)
  for (const [position, row] of rows.entries()) coordinates[position] = column[row] as number
  for (const [i, config] of extra.entries()) {
    coordinates[rows.length + i] = dimension.coordinate(config[dimension.name] as Scalar)
  }
  if (dimension.kind === 'unordered') return { coordinates, order: new Int32Array(0) }
  const positions = new Int32Array(history.losses.length).fill(-1)
  for (const [position, row] of rows.entries()) positions[row] = position
  const order: number[] = []
  for (const row of history.sorted[d] as number[]) {
    const position = positions[row] as number
    if (position >= 0) order.push(position)
  }
  for (let i = rows.length; i < coordinates.length; i++) insertSorted(order, i, (one) => coordinates[one] as number)
  return { coordinates, order: Int32Array.from(order) }
}

/** Inserts behind everything that is not greater. */
function insertSorted(sorted: number[], item: number, keyOf: (item: number) => number): void {
  const key = keyOf(item)
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (keyOf(sorted[middle] as number) <= key) low = middle + 1
    else high = middle
  }
  sorted.splice(low, 0, item)
}
