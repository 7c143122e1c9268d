/** The rows of a tuning run: train and validation, apart from each other, each row with a name of its own. */

import type { Example, ExampleRow } from '../datasets/example.ts'
import { checkExamples } from '../datasets/example-check.ts'
import { identified } from '../datasets/example-ids.ts'
import { inputsKey } from '../datasets/inputs-key.ts'
import { splitDataset } from '../datasets/split.ts'
import { noExamples } from '../evaluation/errors.ts'
import type { Metric } from '../evaluation/metric.ts'
import { duplicateRow, tooFewRows } from './errors.ts'

/** Rows by their use. */
export interface TuningRows {
  readonly train: readonly Example[]
  readonly val: readonly Example[]
  /** What was done to get there, a sentence each. */
  readonly notes: readonly string[]
}

/**
 * Without validation rows half of the training rows become some, with the mix of labels of the whole. Training rows whose inputs
 * are those of a validation row are left out, since nothing may be judged by what it was shown.
 *
 * Throws: `dspx/no-examples`, `dspx/too-few-rows`, `dspx/duplicate-row` for two rows of one id, `foundation/invalid-option` for what is no
 * row.
 */
export function tuningRows(
  rows: { readonly train: readonly ExampleRow[]; readonly val?: readonly ExampleRow[] },
  { metric, seed }: { readonly metric: Metric; readonly seed: number },
): TuningRows {
  checkExamples('optimize', 'train', rows.train)
  if (rows.val !== undefined) checkExamples('optimize', 'val', rows.val)
  if (rows.train.length === 0) throw noExamples('optimize: train')
  if (rows.val !== undefined && rows.val.length === 0) throw noExamples('optimize: val')
  const given = named(rows)
  refuseDuplicates([...given.train, ...(given.val ?? [])])
  if (given.val === undefined) return splitOff(given.train, { metric, seed })
  const shown = new Set(given.val.map(inputsKey))
  const train = given.train.filter((row) => !shown.has(inputsKey(row)))
  const dropped = given.train.length - train.length
  if (train.length === 0) {
    throw tooFewRows('train', 'a row whose inputs are not those of a validation row', `${dropped} that all are`)
  }
  const note = `${dropped} training ${dropped === 1 ? 'row was' : 'rows were'} left out, because validation rows have the same inputs`
  return { train, val: given.val, notes: dropped === 0 ? [] : [note] }
}

/** Named together, so that a row of both has two names; validation rows first, whose names are then those of an evaluation. */
function named({ train, val }: { readonly train: readonly ExampleRow[]; readonly val?: readonly ExampleRow[] }) {
  if (val === undefined) return { train: identified('optimize', 'train', train) }
  const all = identified('optimize', 'val and train', [...val, ...train])
  return { train: all.slice(val.length), val: all.slice(0, val.length) }
}

function splitOff(
  rows: readonly Example[],
  { metric, seed }: { readonly metric: Metric; readonly seed: number },
): TuningRows {
  const [label] = metric.fields ?? []
  const strata = label === undefined ? {} : { stratifyBy: label }
  const { train, validation: val } = splitDataset(rows, { train: 0.5, validation: 0.5, test: 0, seed, ...strata })
  if (train.length === 0 || val.length === 0) {
    throw tooFewRows(
      'train',
      'at least 2 rows of different inputs, to take validation rows from, or rows in val',
      `${rows.length}`,
    )
  }
  return {
    train,
    val,
    notes: [
      `no validation rows were given: of ${rows.length} training rows ${val.length} judge and ${train.length} train`,
    ],
  }
}

function refuseDuplicates(rows: readonly Example[]): void {
  const seen = new Set<string>()
  for (const { id } of rows) {
    if (seen.has(id)) throw duplicateRow(id)
    seen.add(id)
  }
}
