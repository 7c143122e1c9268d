/** Answers to rows summed up: mean score with its interval, cost and latency. */

import type { EvaluatedExample, Example } from '@mabeam/dspx'
import type { Random } from '@mabeam/foundation'
import { mean, meanInterval, median } from '@mabeam/ml'
import type { Measured } from '../result.ts'

/** Mean cost in US dollars of a row; null as soon as one price is not known. */
export function meanCostUsd(rows: readonly EvaluatedExample[]): number | null {
  const costs = rows.map((row) => row.usage.costUsd)
  return costs.some((cost) => cost === null) ? null : mean(costs as number[])
}

export function meanScore(rows: readonly EvaluatedExample[]): number {
  return mean(rows.map((row) => row.score))
}

export function medianLatencyMs(rows: readonly EvaluatedExample[]): number {
  return median(rows.map((row) => row.usage.latencyMs))
}

/** What the report shows of one program on the test rows. `fields` are judged by equality with the label. */
export function measure(
  rows: readonly EvaluatedExample[],
  examples: readonly Example[],
  how: { readonly fields: readonly string[]; readonly demos: number; readonly random: Random },
): Measured {
  const interval = meanInterval(
    rows.map((row) => row.score),
    { random: how.random },
  )
  const right = (field: string) => rows.map((row, i) => (row.outputs?.[field] === examples[i]?.outputs[field] ? 1 : 0))
  return {
    accuracy: interval.mean,
    ci95: interval.ci95,
    costUsd: meanCostUsd(rows),
    latencyMsP50: medianLatencyMs(rows),
    demos: how.demos,
    fields: Object.fromEntries(how.fields.map((field) => [field, mean(right(field))])),
    errors: rows.filter((row) => row.error !== undefined).length,
  }
}
