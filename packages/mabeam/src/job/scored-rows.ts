/** Answers to rows summed up: mean score with its interval, cost and latency. */

import type { EvaluatedExample, Example, FinalistScore } from '@mabeam/dspx'
import type { Random } from '@mabeam/foundation'
import { mean, meanInterval, median } from '@mabeam/ml'
import type { Measured } from '../result.ts'

/** Mean score, mean cost in US dollars (null as soon as one price is not known) and median latency of a row. */
export function scoreOf(rows: readonly EvaluatedExample[]): FinalistScore {
  const costs = rows.map((row) => row.usage.costUsd)
  return {
    accuracy: mean(rows.map((row) => row.score)),
    costUsd: costs.some((cost) => cost === null) ? null : mean(costs as number[]),
    latencyMsP50: median(rows.map((row) => row.usage.latencyMs)),
  }
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
    ...scoreOf(rows),
    ci95: interval.ci95,
    demos: how.demos,
    fields: Object.fromEntries(how.fields.map((field) => [field, mean(right(field))])),
    errors: rows.filter((row) => row.error !== undefined).length,
  }
}
