/**
 * The members of a JSON object while it comes: string members as the text they mean, all others as they are written.
 * Only strict JSON gives deltas; from the first thing that is none on, nothing more is certain before the end.
 */

import type { FieldDelta } from './answer-reader.ts'

/** What comes next. */
type State = 'seek' | 'key' | 'colon' | 'value' | 'string' | 'other' | 'comma' | 'done'

/** Takes pieces of an answer and gives what is certain of its outputs. */
export class JsonMembers {
  readonly #outputOf: (name: string) => string | undefined
  readonly #seen = new Set<string>()
  #held = ''
  #state: State = 'seek'
  #field: string | undefined
  /** Inside a value that is no string: how deep, and whether in a string of it. */
  #depth = 0
  #isQuoted = false
  #space = ''
  #deltas: FieldDelta[] = []

  constructor(outputOf: (name: string) => string | undefined) {
    this.#outputOf = outputOf
  }

  /** Cut anywhere; the deltas of a field joined are the same. */
  push(text: string): readonly FieldDelta[] {
    if (this.#state === 'done') return []
    const whole = this.#held + text
    let at = 0
    for (let end = this.#step(whole, at); end > at; end = this.#step(whole, at)) at = end
    this.#held = (this.#state as string) === 'done' ? '' : whole.slice(at)
    const deltas = this.#deltas
    this.#deltas = []
    return deltas
  }

  /** Where the next token ends; `at` itself when it has not come whole. */
  #step(text: string, at: number): number {
    if (at >= text.length) return at
    switch (this.#state) {
      case 'seek':
        return this.#seek(text, at)
      case 'key':
        return this.#key(text, at)
      case 'string':
        return this.#string(text, at)
      case 'other':
        return this.#other(text, at)
      case 'done':
        return at
      default:
        return this.#mark(text, at)
    }
  }

  /** The object begins where a brace is followed by a key or its end. */
  #seek(text: string, at: number): number {
    const brace = text.indexOf('{', at)
    if (brace < 0) return text.length
    const next = skipSpace(text, brace + 1)
    if (next === text.length) return next - brace > heldMax ? brace + 1 : brace
    if (text[next] !== '"') return brace + 1
    this.#state = 'key'
    return next
  }

  #key(text: string, at: number): number {
    const start = skipSpace(text, at)
    if (start === text.length) return start
    if (text[start] !== '"') return this.#stop(text)
    const end = quoteAt(text, start + 1)
    if (end < 0) return text.length - start > heldMax ? this.#stop(text) : start
    const key = parsedString(text.slice(start, end + 1))
    if (key === undefined) return this.#stop(text)
    const name = this.#outputOf(key)
    this.#field = name === undefined || this.#seen.has(name) ? undefined : name
    if (name !== undefined) this.#seen.add(name)
    this.#state = 'colon'
    return end + 1
  }

  /** A colon, the first character of a value, or what stands behind it. */
  #mark(text: string, at: number): number {
    const next = skipSpace(text, at)
    if (next === text.length) return next
    const character = text[next] as string
    if (this.#state === 'colon') return character === ':' ? this.#to('value', next + 1) : this.#stop(text)
    if (this.#state === 'comma') return character === ',' ? this.#to('key', next + 1) : this.#stop(text)
    if (character === '"') return this.#to('string', next + 1)
    this.#depth = 0
    this.#isQuoted = false
    this.#space = ''
    this.#state = 'other'
    return this.#other(text, next)
  }

  #string(text: string, at: number): number {
    let end = at
    while (end < text.length && text[end] !== '"' && text[end] !== '\\') end += 1
    if (end > at) return this.#giveRaw(text.slice(at, end), end)
    if (text[at] === '"') return this.#to('comma', at + 1)
    const length = escapeLength(text, at)
    if (length === 0) return at
    const meant = parsedString(`"${text.slice(at, at + length)}"`)
    return meant === undefined ? this.#stop(text) : this.#giveRaw(meant, at + length)
  }

  /** Up to the comma or brace of the object; space counts only when more of the value follows. */
  #other(text: string, at: number): number {
    const character = text[at] as string
    if (this.#isQuoted) return this.#quoted(text, at)
    if (this.#depth === 0 && character === ',') return this.#to('key', at + 1)
    if (this.#depth === 0 && (character === '}' || character === ']')) return this.#stop(text)
    if (character === '{' || character === '[') this.#depth += 1
    if (character === '}' || character === ']') this.#depth -= 1
    if (character === '"') this.#isQuoted = true
    let end = at + 1
    if (/\s/.test(character)) {
      this.#space += character
      return end
    }
    if (!/["{}[\],]/.test(character)) while (end < text.length && !/["{}[\],\s]/.test(text[end] as string)) end += 1
    const whole = this.#space + text.slice(at, end)
    this.#space = ''
    return this.#giveRaw(whole, end)
  }

  #quoted(text: string, at: number): number {
    let end = at
    while (end < text.length && text[end] !== '"' && text[end] !== '\\') end += 1
    if (end > at) return this.#giveRaw(text.slice(at, end), end)
    if (text[at] === '"') {
      this.#isQuoted = false
      return this.#giveRaw('"', at + 1)
    }
    return at + 1 < text.length ? this.#giveRaw(text.slice(at, at + 2), at + 2) : at
  }

  #to(state: State, at: number): number {
    this.#state = state
    return at
  }

  #stop(text: string): number {
    this.#state = 'done'
    return text.length
  }

  #giveRaw(text: string, at: number): number {
    const field = this.#field
    const deltas = this.#deltas
    if (field === undefined || text === '') return at
    const last = deltas.at(-1)
    if (last?.field === field) deltas[deltas.length - 1] = { field, text: last.text + text }
    else deltas.push({ field, text })
    return at
  }
}

/** A brace with as much space behind it, or a key as long, is none. */
const heldMax = 1_000

function skipSpace(text: string, at: number): number {
  let next = at
  while (/\s/.test(text[next] ?? '')) next += 1
  return next
}

/** The quote that ends a string; -1 when it has not come. */
function quoteAt(text: string, at: number): number {
  for (let i = at; i < text.length; i++) {
    if (text[i] === '\\') i += 1
    else if (text[i] === '"') return i
  }
  return -1
}

/** How long an escape is; both halves of a surrogate pair are one. 0 when it has not come whole. */
function escapeLength(text: string, at: number): number {
  if (at + 1 >= text.length) return 0
  if (text[at + 1] !== 'u') return 2
  if (at + 6 > text.length) return 0
  if (!/^[dD][89abAB]/.test(text.slice(at + 2, at + 4))) return 6
  const next = text.slice(at + 6, at + 12)
  if (/^\\u[dD][c-fC-F][\dA-Fa-f]{2}$/.test(next)) return 12
  return next.length < 6 && /^(?:\\(?:u(?:[dD](?:[c-fC-F][\dA-Fa-f]?)?)?)?)?$/.test(next) ? 0 : 6
}

function parsedString(json: string): string | undefined {
  try {
    return JSON.parse(json) as string
  } catch {
    return undefined // no strict JSON: nothing is certain from here on
  }
}
