/** One grammar for option errors: `owner: key: expected …, got …`, and "did you mean" for unknown keys. */

import { type Json, MabeamError } from './errors.ts'

/** What one option must be. */
export interface OptionRule {
  /** Completes the sentence "expected …". */
  readonly expected: string
  readonly test: (value: unknown) => boolean
  readonly optional: boolean
}

/** The rules options are checked by; `optional(rule)` also accepts an absent key. */
export const rule = {
  int: (min: number, max = Number.MAX_SAFE_INTEGER): OptionRule =>
    required(
      `an integer from ${min} to ${max}`,
      (v) => Number.isSafeInteger(v) && (v as number) >= min && (v as number) <= max,
    ),
  number: (min: number, max = Number.POSITIVE_INFINITY): OptionRule =>
    required(`a number from ${min} to ${max}`, (v) => typeof v === 'number' && v >= min && v <= max),
  string: (): OptionRule => required('a non-empty string', (v) => typeof v === 'string' && v.length > 0),
  /** Text that may be empty. */
  text: (): OptionRule => required('text', (v) => typeof v === 'string'),
  boolean: (): OptionRule => required('true or false', (v) => typeof v === 'boolean'),
  oneOf: (values: readonly string[]): OptionRule =>
    required(`one of ${values.join(', ')}`, (v) => typeof v === 'string' && values.includes(v)),
  fn: (): OptionRule => required('a function', (v) => typeof v === 'function'),
  /** An object that has these methods. */
  having: (...methods: readonly string[]): OptionRule =>
    required(
      `an object with the methods ${methods.join(', ')}`,
      (v) => typeof v === 'object' && v !== null && methods.every((name) => typeof Reflect.get(v, name) === 'function'),
    ),
  object: (): OptionRule => required('an object', (v) => typeof v === 'object' && v !== null),
  /** An object that is no list. */
  record: (): OptionRule => required('an object', isRecord),
  signal: (): OptionRule => required('an AbortSignal', (v) => v instanceof AbortSignal),
  array: (): OptionRule => required('an array', (v) => Array.isArray(v)),
  any: (): OptionRule => required('a value', () => true),
  optional: (inner: OptionRule): OptionRule => ({ ...inner, optional: true }),
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function required(expected: string, test: (value: unknown) => boolean): OptionRule {
  return { expected, test, optional: false }
}

/**
 * Throws `foundation/invalid-option` for what is no object or a list, and for the first key that breaks its rule, and
 * `foundation/unknown-name` for a key without one.
 *
 * @example checkOptions('startNode', { mailboxCapacity: 0 }, { mailboxCapacity: rule.int(1) })
 *   // throws: startNode: mailboxCapacity: expected an integer from 1 to 9007199254740991, got 0
 */
export function checkOptions(owner: string, given: object, rules: { readonly [key: string]: OptionRule }): void {
  if (!isRecord(given)) throw invalidOption(owner, 'options', 'an object', given)
  const options = given as { readonly [key: string]: unknown }
  for (const key of Object.keys(options)) {
    if (!Object.hasOwn(rules, key)) throw unknownName(owner, 'option', key, Object.keys(rules))
  }
  for (const [key, one] of Object.entries(rules)) {
    const value = options[key]
    if (value === undefined ? !one.optional : !one.test(value)) throw invalidOption(owner, key, one.expected, value)
  }
}

/**
 * Without the keys that are there and say nothing: `undefined` is as good as absent, so that it never takes the place of a default.
 *
 * @example ({ timeoutMs: 500, ...definedOptions({ timeoutMs: undefined }) }) // => { timeoutMs: 500 }
 */
export function definedOptions<O extends object>(options: O): O {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as O
}

export function invalidOption(owner: string, key: string, expected: string, got: unknown): MabeamError {
  return new MabeamError('foundation/invalid-option', `${owner}: ${key}: expected ${expected}, got ${show(got)}`, {
    data: { owner, key, expected, got: show(got) },
  })
}

/** Known names that an error lists; it counts the others. */
const namesListed = 100

/**
 * An unknown name with the nearest known one: `optimize: unknown option "budgte"; did you mean "budget"?` Long names and long lists
 * are shortened.
 */
export function unknownName(owner: string, kind: string, name: string, known: readonly string[]): MabeamError {
  const near = nearest(name, known)
  const listed = known.slice(0, namesListed)
  const more = known.length > namesListed ? ` or ${known.length - namesListed} more` : ''
  const hint = near ? `; did you mean "${near}"?` : `; expected one of ${listed.join(', ')}${more}`
  const shown = name.length > namesCharsMax ? `${name.slice(0, namesCharsMax)}...` : name
  const data: { [key: string]: Json } = { owner, kind, name: shown, known: listed }
  return new MabeamError('foundation/unknown-name', `${owner}: unknown ${kind} "${shown}"${hint}`, { data })
}

/** Characters of a name that are compared and shown: comparing takes their product. */
const namesCharsMax = 200

/** The known name within an edit distance of a third of its length, if any; long ones are like none. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > namesCharsMax) return undefined
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) > Math.max(2, candidate.length / 3)) continue
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance && distance <= Math.max(2, candidate.length / 3)) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** A value in one short line, for error messages; never throws itself. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'function') return 'a function'
  // Of a long text only the part that is shown: it may have megabytes.
  const text = typeof value === 'string' ? JSON.stringify(value.slice(0, 200)) : (safeJson(value) ?? plainText(value))
  return text.length > 120 ? `${text.slice(0, 117)}...` : text
}

function plainText(value: unknown): string {
  try {
    return String(value)
  } catch {
    return 'an object that has no text'
  }
}

function safeJson(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

/** Damerau-Levenshtein, restricted (a swap of neighbours counts one). */
function editDistance(a: string, b: string): number {
  const width = b.length + 1
  const cells = new Array<number>(width * (a.length + 1)).fill(0)
  const at = (i: number, j: number) => cells[i * width + j] as number
  for (let i = 0; i <= a.length; i++) {
    for (let j = 0; j <= b.length; j++) {
      if (i === 0 || j === 0) {
        cells[i * width + j] = i + j
        continue
      }
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      const plain = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + cost)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      cells[i * width + j] = swapped ? Math.min(plain, at(i - 2, j - 2) + 1) : plain
    }
  }
  return at(a.length, b.length)
}
