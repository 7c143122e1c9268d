/** Names for rows that people gave none: made of what is in a row, so that it is known again in another run, in whatever order rows stand. */

import { invalidOption, type Json } from '@mabeam/foundation'
import { digestOf } from '../canonical-json.ts'
import type { Example, ExampleRow } from './example.ts'

/**
 * The rows, each with an id: rows that have one are what they were, and so is the list where all have. No two ids that are made are the
 * same, nor that of a row that has one.
 *
 * Requires: rows as `checkExamples` takes them. Throws: `foundation/invalid-option` for a row that has no id and is no JSON.
 */
export function identified(owner: string, name: string, rows: readonly ExampleRow[]): readonly Example[] {
  if (rows.every(hasId)) return rows
  const ids = new RowIds(rows)
  return rows.map((row, index) => {
    if (hasId(row)) return row
    const { inputs, outputs } = row
    try {
      const content = JSON.parse(JSON.stringify({ inputs, outputs })) as Json
      return { ...row, id: ids.next(`row-${digestOf(content).slice('sha256:'.length, digestEnd)}`) }
    } catch {
      // What JSON has no words for, goes round in circles, or is nested too deeply.
      throw invalidOption(owner, `${name}[${index}]`, 'an id, or a row of JSON, which is named by what is in it', row)
    }
  })
}

/** 64 bits tell a million rows apart; where they do not, the count behind them does. */
const digestEnd = 'sha256:'.length + 16

function hasId(row: ExampleRow): row is Example {
  return row.id !== undefined
}

class RowIds {
  readonly #taken: Set<string>
  readonly #counts = new Map<string, number>()

  constructor(rows: readonly ExampleRow[]) {
    this.#taken = new Set(rows.flatMap(({ id }) => id ?? []))
  }

  /** The id itself the first time, with a count behind it after that. */
  next(id: string): string {
    let count = this.#counts.get(id) ?? 0
    let counted: string
    do counted = ++count === 1 ? id : `${id}-${count}`
    while (this.#taken.has(counted))
    this.#counts.set(id, count)
    return counted
  }
}
