/** JSON as models write it: in code fences, with prose around, slightly broken, cut off. */

import { jsonrepair } from 'jsonrepair'

/** A JSON value that stood in a text. */
export interface FoundJson {
  readonly value: unknown
  /** Strict JSON of the value. */
  readonly json: string
  /** What had to be done to find it; absent when the text was JSON as it stands. */
  readonly repair?: string
  /** How the text ends, when it ends inside the value. */
  readonly cut?: string
}

/** At how many braces or brackets a value may begin; texts full of them are not searched to the end. */
const startsMax = 20

/** How many broken values of one text are mended at most. */
const mendingsMax = 3

/** The most characters of a broken value that is mended: what mends takes quadratic time in the worst case. */
export const mendedCharsMax = 32_000

/**
 * The first JSON value in a text that `isWanted`; `undefined` when there is none.
 *
 * @example findJson('Sure:\n{"a": 1,}', isRecord)?.value // => { a: 1 }
 */
export function findJson(text: string, isWanted: (value: unknown) => boolean): FoundJson | undefined {
  const trimmed = text.trim()
  const strict = strictJson(trimmed)
  if (strict !== undefined) return isWanted(strict) ? { value: strict, json: trimmed } : undefined
  const open = /[{[]/g
  let mendings = 0
  for (let tried = 0; tried < startsMax; tried++) {
    const start = open.exec(trimmed)?.index
    if (start === undefined) return undefined
    const end = closingEnd(trimmed, start)
    const json = trimmed.slice(start, end)
    const value = end === undefined ? undefined : strictJson(json)
    if (value !== undefined && isWanted(value)) return { value, json, repair: 'the text around the JSON was left out' }
    // Mended before what is inside it is looked at: a part of a broken object is not the object.
    if (value === undefined) {
      if (mendings === mendingsMax) return undefined
      mendings += 1
      const found = json.length <= mendedCharsMax ? mendedJson(json, end === undefined) : undefined
      if (found !== undefined && isWanted(found.value)) return found
    }
    open.lastIndex = end ?? start + 1
  }
  return undefined
}

/** The value of a text that is strict JSON; `undefined` otherwise. */
export function strictJson(text: string): unknown {
  const first = text.charCodeAt(0)
  // Words are no JSON; a thrown error for each of them would cost more than all the rest of the reading.
  if (first > 0x39 && first !== 0x5b && first !== 0x7b && !/^(?:true|false|null)$/.test(text)) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined // not an error: the next reading is tried
  }
}

/** Whether what was cut off may have gone on: it ended with no quote, bracket or comma. */
export function endsOpen(cut: string | undefined): boolean {
  return cut !== undefined && !/["}\],]/.test(cut)
}

/** A member of an object in its text. */
export interface JsonMember {
  readonly key: string
  readonly value: unknown
}

/**
 * The members that stand in the text of an object, also those of the same key, of which `JSON.parse` keeps the last.
 * Requires: strict JSON of an object.
 */
export function jsonMembers(json: string): JsonMember[] {
  const members: JsonMember[] = []
  let at = json.indexOf('{') + 1
  for (;;) {
    at = json.indexOf('"', at)
    if (at < 0) return members
    const keyEnd = stringEnd(json, at)
    const start = json.indexOf(':', keyEnd) + 1
    const end = valueEnd(json, start)
    members.push({ key: JSON.parse(json.slice(at, keyEnd)) as string, value: JSON.parse(json.slice(start, end)) })
    at = end
  }
}

/** What jsonrepair makes of a broken value, or of one whose text ended inside it. */
function mendedJson(source: string, isCut: boolean): FoundJson | undefined {
  const text = isCut && source.endsWith('```') ? source.slice(0, -3).trimEnd() : source
  try {
    const json = jsonrepair(text)
    const repair = isCut ? 'the JSON was cut off and was closed' : 'the JSON was broken and was mended'
    return { value: JSON.parse(json) as unknown, json, repair, ...(isCut && { cut: text.slice(-1) }) }
  } catch {
    return undefined // beyond repair: the caller says which field is missing
  }
}

/** Where the object or list that begins at `start` has closed; `undefined` when the text ends before. */
function closingEnd(text: string, start: number): number | undefined {
  let depth = 0
  const token = /["{}[\]]/g
  token.lastIndex = start
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    if (found[0] === '"') {
      token.lastIndex = stringEnd(text, found.index)
      if (token.lastIndex === 0) return undefined
    } else if (found[0] === '{' || found[0] === '[') depth += 1
    else if (--depth === 0) return found.index + 1
  }
  return undefined
}

/** Behind the quote that closes the string at `start`; 0 when there is none. */
function stringEnd(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0
    while (text[at - 1 - backslashes] === '\\') backslashes += 1
    if (backslashes % 2 === 0) return at + 1
  }
  return 0
}

/** Where the value that begins at `start` of strict JSON ends: before the comma or brace of the object around it. */
function valueEnd(json: string, start: number): number {
  let depth = 0
  const token = /["{}[\],]/g
  token.lastIndex = start
  for (let found = token.exec(json); found !== null; found = token.exec(json)) {
    if (found[0] === '"') token.lastIndex = stringEnd(json, found.index)
    else if (found[0] === '{' || found[0] === '[') depth += 1
    else if (depth === 0) return found.index
    else if (found[0] !== ',') depth -= 1
  }
  return json.length
}
