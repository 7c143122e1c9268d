/** Rows as people give them, checked before anything is spent on them. */

import { invalidOption } from '@mabeam/foundation'
import { isRecord } from '../record.ts'
import type { Example } from './example.ts'

/**
 * Refuses what is no list of rows. A row needs an `id`, `inputs` and `outputs`; what is in them is checked where signatures are known.
 *
 * Throws: `foundation/invalid-option` naming the row.
 */
export function checkExamples(owner: string, name: string, rows: readonly Example[]): void {
  if (!Array.isArray(rows)) throw invalidOption(owner, name, 'an array of rows { id, inputs, outputs }', rows)
  rows.forEach((row: Partial<Example> | null | undefined, index) => {
    const isRow = typeof row?.id === 'string' && isRecord(row.inputs) && isRecord(row.outputs)
    if (!isRow) throw invalidOption(owner, `${name}[${index}]`, 'a row { id, inputs, outputs }', row)
  })
}

/** Refuses an id that is there twice: draws, labels and comparisons go by it. Throws: `foundation/invalid-option`. */
export function checkIds(owner: string, name: string, rows: readonly Example[]): void {
  const seen = new Set<string>()
  for (const [index, { id }] of rows.entries()) {
    if (seen.has(id)) throw invalidOption(owner, `${name}[${index}].id`, 'an id that no other row has', id)
    seen.add(id)
  }
}
