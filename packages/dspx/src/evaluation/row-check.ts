/** Rows against the program and the metric they are for, before anything is asked: a wrong name would score 0 in silence. */

import { isMabeamError } from '@mabeam/foundation'
import type { Example } from '../datasets/example.ts'
import { checkInputs } from '../programs/question.ts'
import type { Signature } from '../signatures/signature.ts'
import { metricLabelUnknown, rowMismatch } from './errors.ts'
import { checkMetric, labelOf, type Metric } from './metric.ts'

/** What rows are for. */
export interface RowUse {
  readonly owner: string
  readonly metric: Metric
  /** Of the whole program; inputs are not looked at where nobody knows it. */
  readonly signature: Signature | undefined
}

/**
 * Checks every row: inputs by the signature, and a label for each field that the metric names, one of its values where it has a list of them.
 *
 * Throws: `dspx/row-mismatch` naming row and field; `dspx/metric-label-missing`; `dspx/metric-label-unknown`; `dspx/metric-field-unknown`.
 */
export function checkRows(rows: readonly Example[], { owner, metric, signature }: RowUse): void {
  const isKnown = signature !== undefined && signature.inputs.length > 0
  if (signature !== undefined && signature.outputs.length > 0) checkMetric(metric, signature.outputs)
  for (const row of rows) {
    if (isKnown) checkRowInputs(owner, row, signature)
    for (const field of metric.fields ?? []) checkLabel(row, field, { metric, signature })
  }
}

/** A label among many values is looked up in them: one that is none of them would score 0 whatever is answered. */
function checkLabel(row: Example, field: string, { metric, signature }: Pick<RowUse, 'metric' | 'signature'>): void {
  const label = labelOf(metric.name, row, field)
  const { kind, list, values } = signature?.outputs.find(({ name }) => name === field) ?? {}
  if (kind !== 'enum' || list || values === undefined) return
  if (typeof label === 'string' && values.includes(label.normalize('NFC').trim())) return
  if (typeof label === 'string' && values.includes(label)) return
  throw metricLabelUnknown(metric.name, { id: row.id, field, values }, label)
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
