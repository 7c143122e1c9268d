/** Rows as people give them, checked before anything is spent on them. */

import { invalidOption } from '@mabeam/foundation'
import { isRecord } from '../record.ts'
import type { Example, ExampleRow } from './example.ts'

/**
 * Refuses what is no list of rows. A row needs `inputs` and `outputs`, and may have an `id`; what is in them is checked where signatures
 * are known.
 *
 * Throws: `foundation/invalid-option` naming the row.
 */
export function checkExamples(owner: string, name: string, rows: readonly ExampleRow[]): void {
  if (!Array.isArray(rows)) throw invalidOption(owner, name, 'an array of rows { id?, inputs, outputs }', rows)
  rows.forEach((row: Partial<Example> | null | undefined, index) => {
    const amiss = amissIn(row)
    if (amiss !== undefined)
      throw invalidOption(owner, `${name}[${index}]`, `a row { id?, inputs, outputs }${amiss}`, row)
  })
}

/** What a row is not; nothing of one that is as it has to be. */
function amissIn(row: Partial<Example> | null | undefined): string | undefined {
  if (!isRecord(row)) return ''
  if (!isRecord(row.inputs)) return ' whose inputs are an object'
  if (!isRecord(row.outputs)) return ' whose outputs, its labels, are an object; {} where a metric needs none'
  if (row.id !== undefined && typeof row.id !== 'string') return ' with a text of its own as id, or none'
  return undefined
}

/** Refuses an id that is there twice: draws, labels and comparisons go by it. Throws: `foundation/invalid-option`. */
export function checkIds(owner: string, name: string, rows: readonly Example[]): void {
  const seen = new Set<string>()
  for (const [index, { id }] of rows.entries()) {
    if (seen.has(id)) throw invalidOption(owner, `${name}[${index}].id`, 'an id that no other row has', id)
    seen.add(id)
  }
}
