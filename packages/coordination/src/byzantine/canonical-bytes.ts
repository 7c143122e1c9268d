/** Bytes that mean one thing: fields of fixed width, or preceded by their length. What is signed and hashed is made of them. */

import { createHash } from 'node:crypto'

/** SHA-256 as 64 hexadecimal digits. */
export type Digest = string

/** Stands where there is no digest. */
export const noDigest: Digest = ''

const absent = new Uint8Array(32)

/** Appends fields; each call in the same order gives the same bytes. */
export class CanonicalBytes {
  readonly #parts: Uint8Array[] = []

  uint32(value: number): this {
    const part = new Uint8Array(4)
    new DataView(part.buffer).setUint32(0, value)
    this.#parts.push(part)
    return this
  }

  /** A view, from -1 (none). */
  view(value: number): this {
    return this.uint32(value + 1)
  }

  /** 32 bytes; zeros stand for none. */
  digest(value: Digest): this {
    this.#parts.push(value === noDigest ? absent : Buffer.from(value, 'hex'))
    return this
  }

  /** Preceded by their length. */
  bytes(value: Uint8Array): this {
    this.uint32(value.length)
    this.#parts.push(value)
    return this
  }

  /** As they are. */
  raw(value: Uint8Array): this {
    this.#parts.push(value)
    return this
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value))
  }

  done(): Uint8Array {
    return Buffer.concat(this.#parts)
  }

  hash(): Digest {
    const hash = createHash('sha256')
    for (const part of this.#parts) hash.update(part)
    return hash.digest('hex')
  }
}

export function hashOf(bytes: Uint8Array): Digest {
  return createHash('sha256').update(bytes).digest('hex')
}
