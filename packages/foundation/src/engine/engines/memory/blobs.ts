/** The blobs of the memory engine. */

import { limitReached } from '../../../errors/actor-errors.ts'
import { payloadTooLarge } from '../../../errors/engine-errors.ts'
import type { BlobStore } from '../../blob-store.ts'
import { checkKey } from '../../key.ts'
import type { MemoryPort } from './memory-port.ts'

export class MemoryBlobs implements BlobStore {
  readonly name: string
  readonly #port: MemoryPort
  readonly #bodies = new Map<string, Uint8Array>()

  constructor(port: MemoryPort, name: string) {
    this.#port = port
    this.name = name
  }

  async put(key: string, body: Uint8Array): Promise<void> {
    this.#check(key)
    const { blobBytesMax, blobsMax } = this.#port.limits
    if (body.length > blobBytesMax) throw payloadTooLarge(`${this.name}: ${key}`, blobBytesMax, body.length)
    if (this.#bodies.size >= blobsMax && !this.#bodies.has(key)) {
      throw limitReached(`blobs ${this.name}`, 'blobsMax', blobsMax)
    }
    this.#bodies.set(key, new Uint8Array(body))
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    this.#check(key)
    return this.#bodies.get(key)?.slice()
  }

  async delete(key: string): Promise<void> {
    this.#check(key)
    this.#bodies.delete(key)
  }

  #check(key: string): void {
    this.#port.checkOpen()
    checkKey(key)
  }
}
