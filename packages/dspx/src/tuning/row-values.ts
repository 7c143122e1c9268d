/** What rows say of a candidate, by the names that objectives go by. */

import { mean, median } from '@mabeam/ml'
import { isFailedCall } from '../evaluation/evaluation-summary.ts'
import type { ScoredRow } from './teleprompter.ts'

/**
 * Means of what was measured: `accuracy` over all rows; `costUsd`, `tokens`, `calls` and the median `latencyMs` over those whose call
 * did not fail, since a row without an answer looks cheap; what the metric measures over the rows that have it.
 */
export function valuesOf(rows: readonly ScoredRow[]): { readonly [name: string]: number } {
  const values: { [name: string]: number } = {}
  for (const [name, list] of extraValues(rows)) values[name] = mean(list)
  values.accuracy = mean(rows.map(({ score }) => score))
  const answered = rows.filter((row) => !isFailedCall(row)).map(({ usage }) => usage)
  if (answered.length === 0) return values
  const costs = answered.flatMap(({ costUsd }) => costUsd ?? [])
  if (costs.length === answered.length) values.costUsd = mean(costs)
  values.latencyMs = median(answered.map(({ latencyMs }) => latencyMs))
  values.tokens = mean(answered.map(({ tokensIn, tokensOut }) => tokensIn + tokensOut))
  values.calls = mean(answered.map(({ calls }) => calls))
  return values
}

function extraValues(rows: readonly ScoredRow[]): Map<string, number[]> {
  const lists = new Map<string, number[]>()
  for (const { values } of rows) {
    for (const [name, value] of Object.entries(values ?? {})) {
      const list = lists.get(name)
      if (list === undefined) lists.set(name, [value])
      else list.push(value)
    }
  }
  return lists
}
