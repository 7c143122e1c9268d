/** What a model is shown of a value, in a bounded number of characters and with bounded work, whatever the value is. */

import { messageOf } from '@mabeam/foundation'
import { jsonForm } from '../sandbox/plain-data.ts'

/**
 * Text as it is, all else as JSON, at most `charsMax` characters. Of longer text the beginning and the end are kept and it is
 * said how much is missing; JSON is written no further than it is shown. What refers to itself is said to; of bytes their number.
 *
 * @example observationText({ a: [1, undefined] }, 100) // => '{"a":[1,null]}'
 */
export function observationText(value: unknown, charsMax: number): string {
  if (value === undefined) return '(no result)'
  if (typeof value === 'string') return shortened(value, charsMax)
  const writer = new BoundedJson(charsMax)
  try {
    writer.write(value, 0)
  } catch (thrown) {
    if (!(thrown instanceof Full)) return shortened(`(a result that cannot be read: ${messageOf(thrown)})`, charsMax)
    return `${writer.text.slice(0, Math.max(0, charsMax - cutMark.length))}${cutMark}`.slice(0, charsMax)
  }
  return writer.text
}

/**
 * Text of at most `charsMax` characters: three quarters of the room for its beginning, one for its end.
 *
 * @example shortened('a'.repeat(100), 40) // => 'aaaaaaaaaaaaaaa [80 left out] aaaaa'
 */
export function shortened(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text
  const room = charsMax - ` [${text.length} left out] `.length
  if (room <= 0) return text.slice(0, charsMax)
  const tail = Math.floor(room / 4)
  const head = room - tail
  const omitted = text.length - head - tail
  return `${text.slice(0, head)} [${omitted} left out] ${tail > 0 ? text.slice(-tail) : ''}`
}

const cutMark = ' [the rest is left out]'
const depthMax = 20

class Full extends Error {}

class BoundedJson {
  text = ''
  readonly #charsMax: number
  readonly #open = new Set<object>()

  constructor(charsMax: number) {
    this.#charsMax = charsMax
  }

  write(given: unknown, depth: number): void {
    const value = jsonForm(given)
    const plain = this.#plain(value, depth)
    if (plain !== undefined) {
      this.#add(plain)
      return
    }
    const holder = value as object
    this.#open.add(holder)
    if (Array.isArray(holder) || holder instanceof Set) this.#list(holder, depth)
    else this.#members(holder instanceof Map ? holder : membersOf(holder), depth)
    this.#open.delete(holder)
  }

  /** The JSON of what holds nothing, or is not looked into. */
  #plain(value: unknown, depth: number): string | undefined {
    if (typeof value === 'string') return JSON.stringify(value.slice(0, this.#charsMax))
    if (typeof value === 'bigint') return String(value)
    if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
    if (value instanceof Error) return JSON.stringify(String(value).slice(0, this.#charsMax))
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `"[${value.byteLength} bytes]"`
    if (this.#open.has(value)) return '"[circular]"'
    return depth >= depthMax ? '"[deeper]"' : undefined
  }

  #list(items: Iterable<unknown>, depth: number): void {
    let mark = '['
    for (const item of items) {
      this.#add(mark)
      this.write(item, depth + 1)
      mark = ','
    }
    this.#add(mark === '[' ? '[]' : ']')
  }

  #members(members: Iterable<readonly [unknown, unknown]>, depth: number): void {
    let mark = '{'
    for (const [name, member] of members) {
      if (member === undefined || typeof member === 'function') continue
      this.#add(`${mark}${JSON.stringify(String(name))}:`)
      this.write(member, depth + 1)
      mark = ','
    }
    this.#add(mark === '{' ? '{}' : '}')
  }

  #add(text: string): void {
    this.text += text
    if (this.text.length > this.#charsMax) throw new Full()
  }
}

/** One after the other, so that those that are not shown are not read. */
function* membersOf(value: object): Iterable<readonly [string, unknown]> {
  for (const name of Object.keys(value)) yield [name, Reflect.get(value, name)]
}
