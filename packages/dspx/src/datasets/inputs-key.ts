/** When two rows ask the same: they must not stand on both sides of a split. */

import { invalidOption, type Json } from '@mabeam/foundation'
import { canonicalJson } from '../canonical-json.ts'
import { isRecord } from '../record.ts'
import type { Example } from './example.ts'

/**
 * A text that rows of equal inputs share, and no others: the inputs as JSON, whatever order names stand in, inside of objects too.
 *
 * Throws: `foundation/invalid-option` for what has no inputs.
 * @example inputsKey({ inputs: { b: 1, a: 2 } }) === inputsKey({ inputs: { a: 2, b: 1 } }) // => true
 */
export function inputsKey(row: Pick<Example, 'inputs'>): string {
  if (!isRecord(row) || !isRecord(row.inputs)) throw invalidOption('inputsKey', 'row', 'a row { inputs }', row)
  // Dates and the like are what JSON makes of them.
  return canonicalJson(JSON.parse(JSON.stringify(row.inputs)) as Json)
}
