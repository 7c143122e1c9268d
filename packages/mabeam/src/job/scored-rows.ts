/** What the report shows of a program on the test rows. */

import { type EvaluatedExample, type Example, summarise } from '@mabeam/dspx'
import type { Random } from '@mabeam/foundation'
import { mean } from '@mabeam/ml'
import type { Measured } from '../result.ts'

/** The figures of one program. `fields` are judged by equality with the label. */
export function measure(
  rows: readonly EvaluatedExample[],
  examples: readonly Example[],
  how: { readonly fields: readonly string[]; readonly demos: number; readonly random: Random },
): Measured {
  const { accuracy, ci95, costUsd, latencyMsP50, errors } = summarise(rows, { random: how.random })
  const right = (field: string) => rows.map((row, i) => (row.outputs?.[field] === examples[i]?.outputs[field] ? 1 : 0))
  return {
    accuracy,
    ci95,
    costUsd,
    latencyMsP50,
    demos: how.demos,
    fields: Object.fromEntries(how.fields.map((field) => [field, mean(right(field))])),
    errors,
  }
}
