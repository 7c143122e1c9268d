/** Data that crosses a border: plain JSON, or the reason why it is none. Nothing of the value is run but its getters and `toJSON`. */

import { type Json, messageOf } from '@mabeam/foundation'

/** What became of a value. */
export type PlainData =
  | { readonly type: 'data'; readonly json: Json | undefined }
  | { readonly type: 'refused'; readonly reason: string }

/** What may cross. */
export interface PlainDataOptions {
  readonly depthMax: number
  /** Values inside of values, counted once each; a bound of the work. */
  readonly partsMax: number
}

/**
 * A copy that is plain JSON: functions and `undefined` are left out of objects and are null in lists, dates are text, numbers
 * that are none are null, big integers are numbers where they fit and text where not; an object with a `toJSON` is what that gives.
 * Bytes are refused: they are to be put into a form first. Members named `__proto__`, and a
 * `constructor` that holds a `prototype`, are left out, so that code that merges objects is not led to shared ones.
 *
 * @example plainData({ a: [1, undefined] }, { depthMax: 100, partsMax: 1_000 }) // => { type: 'data', json: { a: [1, null] } }
 */
export function plainData(value: unknown, options: PlainDataOptions): PlainData {
  try {
    return { type: 'data', json: new Copying(options).copy(value, 0) }
  } catch (thrown) {
    return {
      type: 'refused',
      reason: thrown instanceof Refusal ? thrown.message : `reading it threw: ${messageOf(thrown)}`,
    }
  }
}

/** What an object says itself that its JSON is; all else, and bytes, as it is. Throws what the object throws. */
export function jsonForm(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  const { toJSON } = value as { readonly toJSON?: unknown }
  // As JSON.stringify has it: once, so that what gives itself ends.
  return typeof toJSON === 'function' ? toJSON.call(value) : value
}

class Refusal extends Error {}

class Copying {
  readonly #options: PlainDataOptions
  readonly #open = new Set<object>()
  #parts = 0

  constructor(options: PlainDataOptions) {
    this.#options = options
  }

  copy(given: unknown, depth: number): Json | undefined {
    const value = jsonForm(given)
    if (++this.#parts > this.#options.partsMax) throw new Refusal(`it has more than ${this.#options.partsMax} parts`)
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value
      case 'number':
        return Number.isFinite(value) ? value : null
      case 'bigint':
        return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
      case 'object':
        return value === null ? null : this.#object(value, depth)
      default:
        return undefined
    }
  }

  #object(value: object, depth: number): Json {
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      throw new Refusal(`it holds ${value.byteLength} bytes; expected text or numbers`)
    }
    if (depth >= this.#options.depthMax) throw new Refusal(`it is nested deeper than ${this.#options.depthMax}`)
    if (this.#open.has(value)) throw new Refusal('it is circular')
    this.#open.add(value)
    const copied = Array.isArray(value) ? this.#list(value, depth) : this.#members(value, depth)
    this.#open.delete(value)
    return copied
  }

  #list(value: readonly unknown[], depth: number): Json {
    const copied: Json[] = []
    for (const item of value) copied.push(this.copy(item, depth + 1) ?? null)
    return copied
  }

  #members(value: object, depth: number): Json {
    const entries = value instanceof Map ? value : value instanceof Set ? undefined : Object.entries(value)
    if (entries === undefined) return this.#list([...(value as Set<unknown>)], depth)
    const copied: { [name: string]: Json } = {}
    for (const [key, member] of entries) {
      const name = String(key)
      if (name === '__proto__' || (name === 'constructor' && holdsPrototype(member))) continue
      const json = this.copy(member, depth + 1)
      if (json !== undefined) copied[name] = json
    }
    return copied
  }
}

function holdsPrototype(member: unknown): boolean {
  return typeof member === 'object' && member !== null && Object.hasOwn(member, 'prototype')
}
