/** A blob store as a simulated node sees it. */

import type { BlobStore } from '../../engine/blob-store.ts'
import type { SimEngine } from './sim-engine.ts'
import type { OperationKind } from './sim-server.ts'

export class SimBlobs implements BlobStore {
  readonly name: string
  readonly #engine: SimEngine
  readonly #truth: BlobStore

  constructor(engine: SimEngine, truth: BlobStore) {
    this.name = truth.name
    this.#engine = engine
    this.#truth = truth
  }

  put(key: string, body: Uint8Array): Promise<void> {
    const copy = new Uint8Array(body)
    return this.#operate('write', `putting ${key}`, () => this.#truth.put(key, copy))
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#operate('read', `reading ${key}`, () => this.#truth.get(key))
  }

  delete(key: string): Promise<void> {
    return this.#operate('write', `deleting ${key}`, () => this.#truth.delete(key))
  }

  #operate<T>(kind: OperationKind, what: string, run: () => Promise<T>): Promise<T> {
    return this.#engine.operate({ doing: `${what} of blobs ${this.name}`, kind, run })
  }
}
