/**
 * Blobs of a project: files beside the hub's log, which knows which is whose. Written whole under a name of their own before the hub
 * hears of them, so a blob is whole or not there.
 */

import { randomBytes } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { engineUnavailable, payloadTooLarge } from '../../../errors/engine-errors.ts'
import { fileFailed, systemCodeOf } from '../../../errors/journal-errors.ts'
import { hasCode } from '../../../errors.ts'
import type { BlobStore } from '../../blob-store.ts'
import { checkKey } from '../../key.ts'
import type { MemoryPort } from '../memory/memory-port.ts'
import type { HubLink } from './hub-link.ts'

export interface LocalBlobPort extends MemoryPort {
  readonly link: HubLink
  readonly blobFolder: string
}

/** How often a blob is looked for that is replaced each time before it can be opened. */
const looksMax = 100

export class LocalBlobs implements BlobStore {
  readonly name: string
  readonly #port: LocalBlobPort

  constructor(port: LocalBlobPort, name: string) {
    this.#port = port
    this.name = name
  }

  async put(key: string, body: Uint8Array): Promise<void> {
    this.#check(key)
    const { blobBytesMax } = this.#port.limits
    if (body.length > blobBytesMax) throw payloadTooLarge(`${this.name}: ${key}`, blobBytesMax, body.length)
    const file = `${randomBytes(16).toString('hex')}.blob`
    const path = join(this.#port.blobFolder, file)
    try {
      // A copy: who puts it may change it as soon as the call returns.
      await writeFile(path, new Uint8Array(body), { mode: 0o600, flag: 'wx' })
    } catch (cause) {
      await rm(path, { force: true })
      throw fileFailed(path, 'writing the blob', cause)
    }
    try {
      await this.#port.link.ask('blobPut', [this.name, key, file], `putting ${this.name}: ${key}`)
    } catch (thrown) {
      // Refused, so it is no blob; where that is not known, the hub finds out.
      if (!hasCode(thrown, 'foundation/engine-unavailable')) await rm(path, { force: true })
      throw thrown
    }
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    this.#check(key)
    const { link, blobFolder } = this.#port
    const doing = `getting ${this.name}: ${key}`
    for (let looks = 0; looks < looksMax; looks++) {
      const file = (await link.askAgain('blobGet', [this.name, key], doing)) as string | null
      if (file === null) return undefined
      try {
        const body = await readFile(join(blobFolder, file))
        return new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
      } catch (cause) {
        // Replaced after the hub had said where it is.
        if (systemCodeOf(cause) !== 'ENOENT') throw fileFailed(join(blobFolder, file), 'reading the blob', cause)
      }
    }
    throw engineUnavailable('local', doing)
  }

  async delete(key: string): Promise<void> {
    this.#check(key)
    await this.#port.link.askAgain('blobDelete', [this.name, key], `deleting ${this.name}: ${key}`)
  }

  #check(key: string): void {
    this.#port.checkOpen()
    checkKey(key)
  }
}
