/**
 * A copy of data that is made while it is measured, and given up at a limit: what somebody else handed over is then neither walked
 * nor copied beyond what is taken, and does not change under whoever reads it.
 */

/** Frozen where objects and arrays are concerned. `bytes`: as MessagePack, without an envelope; within a few per cent of the codec's. */
export interface SizedCopy {
  readonly value: unknown
  readonly bytes: number
}

/** `unsendable`: holds what no message may (functions, symbols, promises, `__proto__`), is nested deeper than messages may be, or throws when it is read. */
export type CopyFault = 'too-large' | 'unsendable'

/** As deep as the codec goes. */
const depthMax = 64

/**
 * Copies at most `bytesMax` bytes of `value`. What structured clone keeps is kept, but for shared references, which become copies,
 * and cycles, which are refused. References to actors stay what they are.
 *
 * @example sizedCopy({ option: 'a' }, 1_000) // => { value: { option: 'a' }, bytes: 10 }
 */
export function sizedCopy(value: unknown, bytesMax: number): SizedCopy | CopyFault {
  const copier = new Copier(bytesMax)
  try {
    return { value: copier.copy(value, 0), bytes: copier.bytes }
  } catch (thrown) {
    return thrown instanceof Refusal ? thrown.fault : 'unsendable'
  }
}

class Refusal {
  readonly fault: CopyFault

  constructor(fault: CopyFault) {
    this.fault = fault
  }
}

class Copier {
  bytes = 0
  readonly #bytesMax: number

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  copy(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        this.#text(value)
        return value
      case 'number':
        this.#add(numberBytes(value))
        return value
      case 'boolean':
      case 'undefined':
        this.#add(1)
        return value
      case 'bigint':
        this.#add(9)
        if (BigInt.asIntN(64, value) !== value) this.#add(value.toString(16).length / 2)
        return value
      case 'object':
        if (value !== null) return this.#object(value, depth)
        this.#add(1)
        return value
      default:
        throw new Refusal('unsendable')
    }
  }

  #object(value: object, depth: number): unknown {
    if (depth >= depthMax) throw new Refusal('unsendable')
    if (Array.isArray(value)) return this.#array(value, depth + 1)
    const prototype = Object.getPrototypeOf(value)
    return prototype === Object.prototype || prototype === null
      ? this.#record(value, depth + 1)
      : this.#special(value, depth + 1)
  }

  #array(items: readonly unknown[], depth: number): unknown {
    const { length } = items
    this.#room(length)
    const copies: unknown[] = []
    for (let i = 0; i < length; i++) copies.push(this.copy(items[i], depth))
    return Object.freeze(copies)
  }

  #record(value: object, depth: number): unknown {
    const keys = Object.keys(value)
    this.#room(keys.length)
    const copies: Record<string, unknown> = {}
    for (const key of keys) {
      if (key === '__proto__') throw new Refusal('unsendable')
      this.#text(key)
      copies[key] = this.copy((value as Record<string, unknown>)[key], depth)
    }
    return Object.freeze(copies)
  }

  #special(value: object, depth: number): unknown {
    if (value instanceof Map) {
      this.#room(value.size * 2)
      return new Map([...value].map(([key, one]) => [this.copy(key, depth), this.copy(one, depth)]))
    }
    if (value instanceof Set) {
      this.#room(value.size)
      return new Set([...value].map((one) => this.copy(one, depth)))
    }
    if (value instanceof Date) {
      this.#add(10)
      return structuredClone(value)
    }
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
      this.#room(value.byteLength)
      this.#add(value.byteLength)
      return ArrayBuffer.isView(value) ? viewCopy(value) : value.slice()
    }
    if (value instanceof RegExp || value instanceof Error) {
      this.#text(String(value))
      return structuredClone(value)
    }
    if (isReference(value)) {
      this.#add(64)
      return value
    }
    if (isOpaque(value)) throw new Refusal('unsendable')
    return this.#record(value, depth)
  }

  #text(text: string): void {
    const { length } = text
    // Not shorter in UTF-8 than it has units, so that one that is far too long is not even looked through.
    this.#fits(length)
    this.#add(Buffer.byteLength(text) + (length < 32 ? 1 : length < 256 ? 2 : length < 65_536 ? 3 : 5))
  }

  /** What holds `count` things is longer than that; its own head is counted. */
  #room(count: number): void {
    this.#fits(count)
    this.#add(count < 16 ? 1 : count < 65_536 ? 3 : 5)
  }

  #fits(bytesMin: number): void {
    if (this.bytes + bytesMin > this.#bytesMax) throw new Refusal('too-large')
  }

  #add(bytes: number): void {
    this.bytes += bytes
    if (this.bytes > this.#bytesMax) throw new Refusal('too-large')
  }
}

/** Of what is seen, and not of all that is behind it. */
function viewCopy(view: ArrayBufferView): ArrayBufferView {
  const bytes = new Uint8Array(view.byteLength)
  bytes.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
  const Kind = viewKinds.find((one) => view instanceof one) ?? Uint8Array
  return new Kind(bytes.buffer)
}

const viewKinds: readonly (new (buffer: ArrayBuffer) => ArrayBufferView)[] = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
]

function numberBytes(value: number): number {
  if (!Number.isInteger(value)) return 9
  const size = value < 0 ? -value - 1 : value
  if (size < (value < 0 ? 32 : 128)) return 1
  if (size < 256) return 2
  return size < 65_536 ? 3 : size < 4_294_967_296 ? 5 : 9
}

function isReference(value: object): boolean {
  return 'address' in value && 'toJSON' in value && typeof value.toJSON === 'function'
}

function isOpaque(value: object): boolean {
  return (
    value instanceof Promise ||
    value instanceof WeakMap ||
    value instanceof WeakSet ||
    value instanceof WeakRef ||
    value instanceof SharedArrayBuffer
  )
}
