/** Where a text stops being JSON, by line and column: `JSON.parse` says so only at times, and never minds a key twice. */

export interface JsonFault {
  /** Both count from 1. */
  readonly line: number
  readonly column: number
  /** Completes "expected …, got …". */
  readonly expected: string
  readonly got: string
}

const depthMax = 64

/**
 * The first fault of a text as JSON, if it has one: also a key that stands twice in one object (the first would be lost
 * without a word), and values nested deeper than 64.
 *
 * Source: RFC 8259. Differs: names in an object must be unique, which the RFC only recommends.
 */
export function jsonFault(text: string): JsonFault | undefined {
  const scan = new Scan(text)
  try {
    scan.value(0)
    scan.end()
    return undefined
  } catch (thrown) {
    if (thrown instanceof Fault) return placed(text, thrown)
    throw thrown
  }
}

/** Ends the scan from within; never leaves this module. */
class Fault extends Error {
  readonly at: number
  readonly expected: string
  readonly got: string | undefined

  constructor(at: number, expected: string, got?: string) {
    super(expected)
    this.at = at
    this.expected = expected
    this.got = got
  }
}

class Scan {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): void {
    if (depth > depthMax) throw new Fault(this.#at, `values nested at most ${depthMax} deep`)
    this.#space()
    if (this.#take('{')) this.#object(depth)
    else if (this.#take('[')) this.#array(depth)
    else if (this.#text[this.#at] === '"') this.#string()
    else if (this.#match(/(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y) === undefined) {
      throw new Fault(this.#at, 'a value')
    }
  }

  end(): void {
    this.#space()
    if (this.#at < this.#text.length) throw new Fault(this.#at, 'the end of the file')
  }

  #object(depth: number): void {
    const keys = new Set<string>()
    this.#space()
    if (this.#take('}')) return
    for (;;) {
      this.#space()
      const at = this.#at
      if (this.#text[at] !== '"') throw new Fault(at, 'a key in double quotes')
      const key = this.#string()
      if (keys.has(key)) throw new Fault(at, 'each key once', `${JSON.stringify(key)} again`)
      keys.add(key)
      this.#space()
      if (!this.#take(':')) throw new Fault(this.#at, '":"')
      this.value(depth + 1)
      this.#space()
      if (this.#take('}')) return
      if (!this.#take(',')) throw new Fault(this.#at, '"," or "}"')
    }
  }

  #array(depth: number): void {
    this.#space()
    if (this.#take(']')) return
    for (;;) {
      this.value(depth + 1)
      this.#space()
      if (this.#take(']')) return
      if (!this.#take(',')) throw new Fault(this.#at, '"," or "]"')
    }
  }

  /** Of characters up to the closing quote; the fault is where the string goes wrong, not where it begins. */
  #string(): string {
    const from = this.#at
    // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids just these in a string
    this.#match(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y)
    if (!this.#take('"')) throw new Fault(this.#at, 'a closing double quote')
    return JSON.parse(this.#text.slice(from, this.#at)) as string
  }

  #space(): void {
    this.#match(/[ \t\n\r]*/y)
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false
    this.#at++
    return true
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }
}

function placed(text: string, { at, expected, got }: Fault): JsonFault {
  const before = text.slice(0, at).split(/\r\n|\n|\r/)
  const here = /^(?:[\w.+-]{1,20}|.)/su.exec(text.slice(at))?.[0]
  return {
    line: before.length,
    column: (before.at(-1) ?? '').length + 1,
    expected,
    got: got ?? (here === undefined ? 'the end of the file' : JSON.stringify(here)),
  }
}
