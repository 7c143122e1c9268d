/** Exact match: the share of fields whose answer equals the label. */

import { isDeepStrictEqual } from 'node:util'
import { invalidOption } from '@mabeam/foundation'
import { labelOf, type Metric } from '../metric.ts'

/**
 * 1 for a field whose answer equals its label, 0 otherwise; the mean over `fields`. Text is compared without
 * surrounding space and in one Unicode form (NFC); case counts. JSON is compared by value.
 *
 * @example exactMatch('team').score({ id: '1', inputs: {}, outputs: { team: 'tech' } }, { team: 'tech' }) // => 1
 */
export function exactMatch(...fields: readonly string[]): Metric {
  if (fields.length === 0) throw invalidOption('exactMatch', 'fields', 'at least one output field', fields)
  const odd = fields.findIndex((field: unknown) => typeof field !== 'string' || field === '')
  if (odd >= 0) throw invalidOption('exactMatch', `fields[${odd}]`, 'the name of an output field', fields[odd])
  const name = `exact-match(${fields.join(', ')})`
  return {
    name,
    fields,
    score(example, answer) {
      let matches = 0
      for (const field of fields) {
        if (isDeepStrictEqual(comparable(labelOf(name, example, field)), comparable(answer[field]))) matches++
      }
      return matches / fields.length
    },
  }
}

function comparable(value: unknown): unknown {
  return typeof value === 'string' ? value.normalize('NFC').trim() : value
}
