/** Bytes that mean one thing: fields of fixed width, or preceded by their length. What is signed and hashed is made of them. */

import { hash } from 'node:crypto'

/** SHA-256 as 64 hexadecimal digits. */
export type Digest = string

/** Stands where there is no digest. */
export const noDigest: Digest = ''

const digestBytes = 32
const beginBytes = 256

/** Appends fields; each call in the same order gives the same bytes. */
export class CanonicalBytes {
  #bytes = Buffer.allocUnsafe(beginBytes)
  #length = 0

  uint32(value: number): this {
    this.#room(4)
    const bytes = this.#bytes
    bytes[this.#length++] = value >>> 24
    bytes[this.#length++] = value >>> 16
    bytes[this.#length++] = value >>> 8
    bytes[this.#length++] = value
    return this
  }

  /** A view, from -1 (none). */
  view(value: number): this {
    return this.uint32(value + 1)
  }

  /** 32 bytes; zeros stand for none. */
  digest(value: Digest): this {
    this.#room(digestBytes)
    const written = value === noDigest ? 0 : this.#bytes.write(value, this.#length, digestBytes, 'hex')
    // Nothing of what the memory held before may be in it, whatever was given.
    if (written < digestBytes) this.#bytes.fill(0, this.#length + written, this.#length + digestBytes)
    this.#length += digestBytes
    return this
  }

  /** Preceded by their length. */
  bytes(value: Uint8Array): this {
    return this.uint32(value.length).raw(value)
  }

  /** As they are. */
  raw(value: Uint8Array): this {
    this.#room(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
    return this
  }

  text(value: string): this {
    const length = Buffer.byteLength(value)
    this.uint32(length).#room(length)
    this.#length += this.#bytes.write(value, this.#length)
    return this
  }

  done(): Uint8Array {
    return Buffer.from(this.#bytes.subarray(0, this.#length))
  }

  hash(): Digest {
    return hashOf(this.#bytes.subarray(0, this.#length))
  }

  #room(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}

/** In one call: a hash that is kept as an object costs three times as much, and the collector of garbage its end besides. */
export function hashOf(bytes: Uint8Array): Digest {
  return hash('sha256', bytes, 'hex')
}
