/** A study in parts: each variable is judged by the trials in which it is active, beside those that are active together with it. */

import { activityGroups } from '../space/activity-group.ts'
import type { ConditionParent } from '../space/condition.ts'
import type { Evidence } from './evidence.ts'

/** Axes that are always active together, and the trials in which they are. */
export interface Part {
  readonly axes: readonly number[]
  readonly requires: readonly ConditionParent[]
  readonly evidence: Evidence
}

/** A part for all that is always active, and one for each condition beyond that. */
export function partsOf(evidence: Evidence): Part[] {
  const dimensions = evidence.axes.map(({ dimension }) => dimension)
  return activityGroups(dimensions).map(({ positions, requires }) => ({
    axes: positions,
    requires,
    evidence: evidenceWhere(evidence, positions.slice(0, 1)),
  }))
}

/** The trials in which all of these axes are active. */
export function evidenceWhere(evidence: Evidence, active: readonly number[]): Evidence {
  const isIn = (row: number) => active.every((axis) => (evidence.columns[axis]?.[row] as number) >= 0)
  const rows = [...evidence.values.keys()].filter(isIn)
  if (rows.length === evidence.values.length) return evidence
  return {
    ...evidence,
    columns: evidence.columns.map((column) => Int32Array.from(rows, (row) => column[row] as number)),
    values: Float64Array.from(rows, (row) => evidence.values[row] as number),
  }
}
