/**
 * The way out: looks at every value of a message once, refuses what can't be sent by its path, and copies only where
 * something has to become plain (errors, references, class instances), keeping cycles and shared references.
 */

import { unsendable } from '../errors/engine-errors.ts'
import { type Extension, mapTag, tagKey } from './codec-extension.ts'

export class Outgoing {
  readonly #extensions: readonly Extension[]
  readonly #depthMax: number
  readonly #path: (string | number)[] = []
  readonly #label: string
  /** Every object seen. */
  readonly #seen = new Set<object>()
  /** Whether some object has to be copied. */
  #special = false
  /** Whether a value of an extension is inside. */
  extended = false
  /** Whether an object is met more than once. */
  shared = false

  constructor(extensions: readonly Extension[], depthMax: number, label: string) {
    this.#extensions = extensions
    this.#depthMax = depthMax
    this.#label = label
  }

  /** The value to pack: the same one when nothing in it is special. */
  plain(value: unknown): unknown {
    this.#check(value)
    return this.#special ? this.#copied(value, new Map()) : value
  }

  #check(value: unknown): void {
    if (typeof value === 'object') {
      if (value === null) return
      if (this.#seen.has(value)) this.shared = true
      else this.#checkObject(value)
    } else if (typeof value === 'function' || typeof value === 'symbol') {
      throw this.#refused(`a ${typeof value} can't be sent`)
    }
  }

  #checkObject(value: object): void {
    if (this.#path.length >= this.#depthMax) throw this.#refused(`nested deeper than ${this.#depthMax} levels`)
    this.#seen.add(value)
    if (Array.isArray(value)) this.#checkItems(value)
    else {
      const prototype = Object.getPrototypeOf(value)
      if (prototype === Object.prototype || prototype === null) this.#checkFields(value)
      else this.#checkInstance(value)
    }
  }

  #checkItems(items: readonly unknown[]): void {
    for (let i = 0; i < items.length; i++) this.#checkMember(i, items[i])
  }

  #checkFields(value: object): void {
    for (const key of Object.keys(value)) {
      if (key === '__proto__' || key === tagKey) throw this.#refused(`a key ${JSON.stringify(key)} can't be sent`)
      this.#checkMember(key, (value as { readonly [key: string]: unknown })[key])
    }
  }

  #checkMember(step: string | number, value: unknown): void {
    if (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol') return
    this.#path.push(step)
    this.#check(value)
    this.#path.pop()
  }

  #checkInstance(value: object): void {
    const extension = this.#extensionOf(value)
    if (extension !== undefined || value instanceof Map) {
      this.#special = true
      this.extended = true
      if (extension !== undefined) return void this.#checkMember('data', extension.toPlain(value))
      for (const [index, [key, item]] of [...(value as Map<unknown, unknown>)].entries()) {
        this.#checkMember(index, key)
        this.#checkMember(typeof key === 'string' ? key : index, item)
      }
      return
    }
    if (value instanceof Set) return void this.#checkItems([...value])
    if (value instanceof Date || value instanceof RegExp || value instanceof ArrayBuffer) return
    if (ArrayBuffer.isView(value)) {
      if (value.buffer instanceof SharedArrayBuffer) throw this.#refused("shared memory can't be sent")
      if (Buffer.isBuffer(value)) this.#special = true
      return
    }
    const tag = Object.prototype.toString.call(value).slice('[object '.length, -1)
    if (tag !== 'Object') throw this.#refused(`a ${tag} can't be sent`)
    this.#special = true
    this.#checkFields(value)
  }

  #extensionOf(value: object): Extension | undefined {
    for (const extension of this.#extensions) if (extension.accepts(value)) return extension
    return undefined
  }

  #copied(value: unknown, copies: Map<object, unknown>): unknown {
    if (typeof value !== 'object' || value === null) return value
    const known = copies.get(value)
    if (known !== undefined) return known
    if (Array.isArray(value)) {
      const items: unknown[] = []
      copies.set(value, items)
      for (const item of value) items.push(this.#copied(item, copies))
      return items
    }
    const extension = this.#extensionOf(value)
    if (extension === undefined && !(value instanceof Map)) return this.#copiedUntagged(value, copies)
    const tagged: Record<string, unknown> = { [tagKey]: extension?.tag ?? mapTag }
    copies.set(value, tagged)
    tagged.data = this.#copied(extension?.toPlain(value) ?? [...(value as Map<unknown, unknown>)].flat(), copies)
    return tagged
  }

  #copiedUntagged(value: object, copies: Map<object, unknown>): unknown {
    if (value instanceof Set) {
      const set = new Set<unknown>()
      copies.set(value, set)
      for (const item of value) set.add(this.#copied(item, copies))
      return set
    }
    if (Buffer.isBuffer(value)) return Uint8Array.from(value)
    if (value instanceof Date || value instanceof RegExp || value instanceof ArrayBuffer) return value
    if (ArrayBuffer.isView(value)) return value
    const plain: Record<string, unknown> = {}
    copies.set(value, plain)
    for (const [key, item] of Object.entries(value)) plain[key] = this.#copied(item, copies)
    return plain
  }

  #refused(sentence: string): Error {
    let path = this.#label
    for (const step of this.#path) {
      if (typeof step === 'number') path += `[${step}]`
      else path += /^[A-Za-z_$][\w$]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`
    }
    return unsendable(path, sentence)
  }
}
