/** Rows against the program and the metric they are for, before anything is asked: a wrong name would score 0 in silence. */

import { isMabeamError } from '@mabeam/foundation'
import type { Example } from '../datasets/example.ts'
import { checkInputs } from '../programs/question.ts'
import type { Signature } from '../signatures/signature.ts'
import { rowMismatch } from './errors.ts'
import { checkMetric, labelOf, type Metric } from './metric.ts'

/** What rows are for. */
export interface RowUse {
  readonly owner: string
  readonly metric: Metric
  /** Of the whole program; inputs are not looked at where nobody knows it. */
  readonly signature: Signature | undefined
}

/**
 * Checks every row: inputs by the signature, and a label for each field that the metric names.
 *
 * Throws: `dspx/row-mismatch` naming row and field; `dspx/metric-label-missing`; `dspx/metric-field-unknown`.
 */
export function checkRows(rows: readonly Example[], { owner, metric, signature }: RowUse): void {
  const isKnown = signature !== undefined && signature.inputs.length > 0
  if (signature !== undefined && signature.outputs.length > 0) checkMetric(metric, signature.outputs)
  for (const row of rows) {
    if (isKnown) checkRowInputs(owner, row, signature)
    for (const field of metric.fields ?? []) labelOf(metric.name, row, field)
  }
}

function checkRowInputs(owner: string, { id, inputs }: Example, signature: Signature): void {
  const known = signature.inputs.map(({ name }) => name)
  const surplus = Object.keys(inputs).find((name) => !known.includes(name))
  // first, since `txt` for `text` is better told by the name that was given than by the one that is missing
  if (surplus !== undefined) throw rowMismatch({ owner, id, field: surplus, known })
  try {
    checkInputs(signature, inputs)
  } catch (thrown) {
    if (!isMabeamError(thrown)) throw thrown
    const { field, expected, got } = thrown.data
    throw rowMismatch({ owner, id, field: String(field), known, expected: String(expected), got: String(got) })
  }
}
