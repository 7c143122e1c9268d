/** What is different in two calls, in a few words: for whoever asks a cassette for a call that it does not hold. */

import { show } from '@mabeam/foundation'

/** A recorded call and how it differs from the one that was asked. */
export interface CallDifference {
  /** How many values differ. */
  readonly count: number
  /** How much differs: the characters of texts without what they begin and end with alike, and one for any other value. */
  readonly distance: number
  /** Where the first difference is and what it is. */
  readonly sentence: string
}

/**
 * The difference of two plain values; `undefined` when there is none.
 *
 * @example callDifference({ temperature: 0 }, { temperature: 1 })?.sentence // => 'temperature: recorded 0, asked 1'
 */
export function callDifference(recorded: unknown, asked: unknown): CallDifference | undefined {
  const found: Found[] = []
  compare(recorded, asked, { path: '', found })
  const [first] = found
  const distance = found.reduce((sum, one) => sum + one.distance, 0)
  return first && { count: found.length, distance, sentence: first.sentence }
}

interface Found {
  readonly sentence: string
  readonly distance: number
}

interface Place {
  readonly path: string
  readonly found: Found[]
}

function compare(recorded: unknown, asked: unknown, { path, found }: Place): void {
  if (Object.is(recorded, asked)) return
  if (isObject(recorded) && isObject(asked) && Array.isArray(recorded) === Array.isArray(asked)) {
    for (const key of new Set([...Object.keys(recorded), ...Object.keys(asked)])) {
      const next = Array.isArray(recorded) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`
      compare(recorded[key], asked[key], { path: next, found })
    }
    return
  }
  if (typeof recorded === 'string' && typeof asked === 'string') {
    const at = sameLength(recorded, asked)
    const from = Math.max(0, at - 20)
    const sentence = `${path} at character ${at}: recorded ${piece(recorded, from)}, asked ${piece(asked, from)}`
    found.push({ sentence, distance: Math.max(1, unlikeChars(recorded, asked, at)) })
    return
  }
  found.push({ sentence: `${path}: recorded ${show(recorded)}, asked ${show(asked)}`, distance: 1 })
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null
}

function sameLength(a: string, b: string): number {
  let at = 0
  while (at < a.length && at < b.length && a[at] === b[at]) at++
  return at
}

/** The length of the longer text without the front and the end that both have. */
function unlikeChars(a: string, b: string, front: number): number {
  let end = 0
  const endMax = Math.min(a.length, b.length) - front
  while (end < endMax && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  return Math.max(a.length, b.length) - front - end
}

function piece(text: string, from: number): string {
  const end = from + 60
  return JSON.stringify(`${from > 0 ? '…' : ''}${text.slice(from, end)}${end < text.length ? '…' : ''}`)
}
