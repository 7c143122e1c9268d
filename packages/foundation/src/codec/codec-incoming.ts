/** The way in: bounds the depth of what was unpacked, and makes extended values again, in place. */

import { unreadableMessage } from '../errors/engine-errors.ts'
import { type Extension, mapTag, tagKey } from './codec-extension.ts'

/** Throws `foundation/unreadable-message` for a tree that is nested too deep. */
export function checkDepth(value: unknown, depthMax: number): void {
  if (typeof value !== 'object' || value === null) return
  if (depthMax < 0) throw unreadableMessage('nested too deep')
  if (Array.isArray(value) || value instanceof Set) {
    for (const item of value) checkDepth(item, depthMax - 1)
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const key in value) checkDepth((value as { readonly [key: string]: unknown })[key], depthMax - 1)
  }
}

/** Restores one message. Cycles and shared references stay. */
export class Incoming {
  readonly #extensions: readonly Extension[]
  readonly #depthMax: number
  /** What became of each object already looked at. */
  readonly #known = new Map<object, unknown>()

  constructor(extensions: readonly Extension[], depthMax: number) {
    this.#extensions = extensions
    // Tagging puts a level around what is tagged.
    this.#depthMax = depthMax * 2
  }

  /** The value with every tagged object replaced by what it stands for. */
  restored(value: unknown, depth = 1): unknown {
    if (typeof value !== 'object' || value === null) return value
    const known = this.#known.get(value)
    if (known !== undefined) return known
    if (depth > this.#depthMax) throw unreadableMessage('nested too deep')
    this.#known.set(value, value)
    if (Array.isArray(value)) this.#restoreItems(value, depth + 1)
    else if (value instanceof Set) this.#restoreSet(value, depth + 1)
    else if (Object.getPrototypeOf(value) === Object.prototype) return this.#restoredRecord(value, depth + 1)
    return value
  }

  #restoreItems(items: unknown[], depth: number): void {
    for (let i = 0; i < items.length; i++) items[i] = this.restored(items[i], depth)
  }

  #restoreSet(set: Set<unknown>, depth: number): void {
    const items = [...set]
    set.clear()
    for (const item of items) set.add(this.restored(item, depth))
  }

  #restoredRecord(value: object, depth: number): unknown {
    const record = value as Record<string, unknown>
    const tag = record[tagKey]
    if (tag === mapTag) return this.#restoredMap(record, depth)
    for (const key of Object.keys(record)) record[key] = this.restored(record[key], depth)
    if (tag === undefined) return value
    const extension = this.#extensions.find((one) => one.tag === tag)
    if (extension === undefined) throw unreadableMessage(`unknown kind of value ${JSON.stringify(tag)}`)
    try {
      const made = extension.fromPlain(record.data)
      this.#known.set(value, made)
      return made
    } catch (cause) {
      throw unreadableMessage(`a value of kind "${extension.tag}" is not as it should be`, cause)
    }
  }

  #restoredMap(record: Record<string, unknown>, depth: number): unknown {
    const { data } = record
    if (!Array.isArray(data)) throw unreadableMessage(`a value of kind "${mapTag}" is not as it should be`)
    const map = new Map<unknown, unknown>()
    this.#known.set(record, map)
    for (let i = 0; i + 1 < data.length; i += 2) {
      map.set(this.restored(data[i], depth), this.restored(data[i + 1], depth))
    }
    return map
  }
}
