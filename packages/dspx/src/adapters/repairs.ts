/** What had to be mended to read one answer, in sentences: nothing is mended silently. */

import { show } from '@mabeam/foundation'
import { repairsMax } from './answer-reader.ts'

/** The sentences of one answer, in the order of the mending. */
export type Repairs = string[]

/** Adds a sentence about a field; beyond `repairsMax` nothing more is kept. */
export function mended(repairs: Repairs, field: string, what: string): void {
  if (repairs.length < repairsMax) repairs.push(`${field}: ${what}`)
}

/** Adds that a value was read as another one. */
export function readAs(repairs: Repairs, field: string, [from, to]: readonly [from: unknown, to: unknown]): void {
  if (repairs.length < repairsMax) mended(repairs, field, `read ${show(from)} as ${show(to)}`)
}
