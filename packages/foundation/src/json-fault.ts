/** Where a text stops being JSON, by line and column: `JSON.parse` says so only at times, and never minds a key twice. */

import { checkOptions, definedOptions, rule } from './options.ts'

export interface JsonFaultOptions {
  /** What the text is, as `expected` and `got` call it. @default 'text' */
  readonly whole?: string
  /** How deep objects and lists may be nested. @default Number.POSITIVE_INFINITY */
  readonly depthMax?: number
  /** Whether a key that stands twice in one object is a fault: the first would be lost without a word. @default false */
  readonly uniqueKeys?: boolean
}

const jsonFaultDefaults = {
  whole: 'text',
  depthMax: Number.POSITIVE_INFINITY,
  uniqueKeys: false,
} satisfies Required<JsonFaultOptions>

export interface JsonFault {
  /** The place (from 0) of the first character that cannot stand there; the length of the text where it ends too early. */
  readonly at: number
  /** Where the string begins that goes wrong at `at`; equal to `at` for every other fault. */
  readonly tokenAt: number
  /** Of `at`. Both count from 1. */
  readonly line: number
  readonly column: number
  /** Completes "expected …, got …". */
  readonly expected: string
  readonly got: string
}

/**
 * The first fault of a text as JSON, if it has one.
 *
 * Ensures: without options there is a fault exactly where `JSON.parse` throws; a text is read once, however deep it is nested.
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`.
 * Source: RFC 8259. Differs: with `uniqueKeys` names in an object must be unique, which the RFC only recommends.
 * @example jsonFault('{"a": oops}')?.column // => 7
 */
export function jsonFault(text: string, options: JsonFaultOptions = {}): JsonFault | undefined {
  checkOptions('jsonFault', options, {
    whole: rule.optional(rule.string()),
    depthMax: rule.optional(rule.number(0)),
    uniqueKeys: rule.optional(rule.boolean()),
  })
  const checked = { ...jsonFaultDefaults, ...definedOptions(options) }
  const found = new Scan(text, checked).firstFault()
  return found && placed(text, found, checked.whole)
}

interface Found {
  readonly at: number
  readonly tokenAt?: number
  readonly expected: string
  readonly got?: string
}

/** What may stand next, behind space. "end" is the bracket that closes the object or list around it. */
type Wanted = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end'

/** An object or list that is not closed yet. */
interface Open {
  readonly end: '}' | ']'
  /** Of an object whose keys must be unique. */
  readonly keys?: Set<string>
}

const space = /[ \t\n\r]*/y
const scalar = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

class Scan {
  readonly #text: string
  readonly #options: Required<JsonFaultOptions>
  readonly #open: Open[] = []
  #at = 0

  constructor(text: string, options: Required<JsonFaultOptions>) {
    this.#text = text
    this.#options = options
  }

  firstFault(): Found | undefined {
    let next: Wanted | Found | undefined = 'value'
    while (typeof next === 'string') {
      this.#match(space)
      next = this.#read(next)
    }
    return next
  }

  /** What is wanted behind the next token, the fault in its place, or undefined where the text ends as it may. */
  #read(wanted: Wanted): Wanted | Found | undefined {
    const around = this.#open.at(-1)
    if (around !== undefined && wanted.endsWith('-or-end') && this.#take(around.end)) {
      this.#open.pop()
      return 'comma-or-end'
    }
    switch (wanted) {
      case 'value':
      case 'value-or-end':
        return this.#value()
      case 'key':
      case 'key-or-end':
        return this.#key(around?.keys)
      case 'colon':
        return this.#take(':') ? 'value' : this.#fault('":"')
      case 'comma-or-end':
        return around === undefined ? this.#endOfText() : this.#comma(around)
    }
  }

  #value(): Wanted | Found {
    if (this.#text[this.#at] === '"') return this.#string() ?? 'comma-or-end'
    if (this.#match(scalar)) return 'comma-or-end'
    const at = this.#at
    const isObject = this.#take('{')
    if (!isObject && !this.#take('[')) return this.#fault('a value')
    const { depthMax, uniqueKeys } = this.#options
    if (this.#open.length >= depthMax) return { at, expected: `values nested at most ${depthMax} deep` }
    this.#open.push({ end: isObject ? '}' : ']', ...(isObject && uniqueKeys && { keys: new Set() }) })
    return isObject ? 'key-or-end' : 'value-or-end'
  }

  #key(keys: Set<string> | undefined): Wanted | Found {
    const at = this.#at
    if (this.#text[at] !== '"') return this.#fault('a key in double quotes')
    const fault = this.#string()
    if (fault !== undefined) return fault
    if (keys === undefined) return 'colon'
    // one key may be written in two ways, with escapes and without
    const key = JSON.parse(this.#text.slice(at, this.#at)) as string
    if (keys.has(key)) return { at, expected: 'each key once', got: `${JSON.stringify(key)} again` }
    keys.add(key)
    return 'colon'
  }

  #comma({ end }: Open): Wanted | Found {
    if (this.#take(',')) return end === '}' ? 'key' : 'value'
    return this.#fault(`"," or "${end}"`)
  }

  #endOfText(): Found | undefined {
    return this.#at < this.#text.length ? this.#fault(`the end of the ${this.#options.whole}`) : undefined
  }

  /** Goes behind the closing quote; a fault is where the string goes wrong. A loop, since a pattern runs out of stack at some megabytes. */
  #string(): Found | undefined {
    const tokenAt = this.#at
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at)
      if (code === 0x22) {
        this.#at++
        return undefined
      }
      if (code < 0x20) break
      if (code !== 0x5c) continue
      if (!this.#match(escaped)) break
      this.#at--
    }
    return { at: this.#at, tokenAt, expected: 'a closing double quote' }
  }

  #fault(expected: string): Found {
    return { at: this.#at, expected }
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false
    this.#at++
    return true
  }

  #match(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at
    if (!pattern.test(this.#text)) return false
    this.#at = pattern.lastIndex
    return true
  }
}

function placed(text: string, { at, tokenAt = at, expected, got }: Found, whole: string): JsonFault {
  const before = text.slice(0, at).split(/\r\n|\n|\r/)
  const here = /^(?:[\w.+-]{1,20}|.)/su.exec(text.slice(at, at + 20))?.[0]
  return {
    at,
    tokenAt,
    line: before.length,
    column: (before.at(-1) ?? '').length + 1,
    expected,
    got: got ?? (here === undefined ? `the end of the ${whole}` : JSON.stringify(here)),
  }
}
