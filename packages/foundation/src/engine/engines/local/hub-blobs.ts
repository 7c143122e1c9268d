/**
 * What blobs there are, and in which files. The bodies never pass the hub: who puts one writes a file beside the others, and the hub makes it
 * the one of its key; who gets one reads the file.
 */

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { limitReached } from '../../../errors/actor-errors.ts'
import { engineUnavailable, payloadTooLarge } from '../../../errors/engine-errors.ts'
import type { HubPort, HubStore } from './hub-port.ts'
import { type HubRecord, record } from './hub-record.ts'

interface KeptBlob {
  readonly file: string
  readonly bytes: number
}

export interface BlobSettings {
  readonly name: string
  readonly store: number
  /** Where the files are. */
  readonly folder: string
}

export class HubBlobs implements HubStore {
  readonly revision = 0
  readonly #port: HubPort
  readonly #settings: BlobSettings
  readonly #kept = new Map<string, KeptBlob>()

  constructor(port: HubPort, settings: BlobSettings) {
    this.#port = port
    this.#settings = settings
  }

  /** Rejects a file that is not there, which is then nobody's. */
  put(key: string, file: string): void {
    const { blobBytesMax, blobsMax } = this.#port.limits
    const { name, store, folder } = this.#settings
    const found = statSync(join(folder, file), { throwIfNoEntry: false })
    if (found === undefined) throw engineUnavailable('local', `putting the blob ${name}: ${key}`)
    if (found.size > blobBytesMax) throw payloadTooLarge(`${name}: ${key}`, blobBytesMax, found.size)
    const old = this.#kept.get(key)
    if (old === undefined && this.#kept.size >= blobsMax) throw limitReached(`blobs ${name}`, 'blobsMax', blobsMax)
    this.#port.checkRoom()
    this.#port.append([record.blob, store, 0, key, file, found.size])
    this.#kept.set(key, { file, bytes: found.size })
    this.#drop(old)
  }

  /** The name of its file. It may be gone when it is opened, since the blob was replaced: ask again then. */
  get(key: string): string | undefined {
    return this.#kept.get(key)?.file
  }

  delete(key: string): void {
    const old = this.#kept.get(key)
    if (old === undefined) return
    this.#port.append([record.blobDelete, this.#settings.store, 0, key])
    this.#kept.delete(key)
    this.#drop(old)
  }

  replay(one: HubRecord): void {
    const [type, , , key, file, bytes] = one as [number, number, number, string, string, number]
    if (type === record.blob) this.#kept.set(key, { file, bytes })
    else this.#kept.delete(key)
  }

  start(): void {}

  /** Names of files in use. */
  files(): readonly string[] {
    return [...this.#kept.values()].map(({ file }) => file)
  }

  snapshot(): Iterable<HubRecord> {
    const { store } = this.#settings
    return [...this.#kept].map(([key, { file, bytes }]) => [record.blob, store, 0, key, file, bytes] as const)
  }

  close(): void {}

  /** It is removed: nobody needs its files. */
  dropAll(): void {
    for (const one of this.#kept.values()) this.#drop(one)
    this.#kept.clear()
  }

  #drop(old: KeptBlob | undefined): void {
    if (old !== undefined) this.#port.discard(old.file)
  }
}
