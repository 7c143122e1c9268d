/** The disk of a simulated node: files that only grow, and lose what was not synced when the node crashes. */

import { diskFull } from '../../errors/simulation-errors.ts'
import type { Random } from '../../random.ts'
import type { SimLife } from './sim-life.ts'

/** As one life of a node sees it; of a dead one no operation ever ends. */
export interface SimDisk {
  /** Adds to the end of a file, which is made when there is none. Rejects with `foundation/disk-full`. */
  append(path: string, bytes: Uint8Array): Promise<void>
  /** What was appended, synced or not; undefined when there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>
  /** Resolves when all that was appended before is safe from a crash. */
  sync(path: string): Promise<void>
  /** Forgets a file, at once and for good. No file is no error. */
  remove(path: string): Promise<void>
}

interface File {
  bytes: Uint8Array
  length: number
  syncedLength: number
}

/** What is on the disk, over all lives of a node. */
export class SimDiskState {
  readonly #files = new Map<string, File>()
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  append(path: string, bytes: Uint8Array): void {
    if (this.#bytes + bytes.length > this.#bytesMax) throw diskFull(path, this.#bytesMax)
    const file = this.#files.get(path) ?? { bytes: new Uint8Array(256), length: 0, syncedLength: 0 }
    this.#files.set(path, file)
    const length = file.length + bytes.length
    if (length > file.bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * file.bytes.length))
      grown.set(file.bytes.subarray(0, file.length))
      file.bytes = grown
    }
    file.bytes.set(bytes, file.length)
    file.length = length
    this.#bytes += bytes.length
  }

  read(path: string): Uint8Array | undefined {
    const file = this.#files.get(path)
    return file?.bytes.slice(0, file.length)
  }

  length(path: string): number {
    return this.#files.get(path)?.length ?? 0
  }

  /** The first `length` bytes are safe from now on. */
  synced(path: string, length: number): void {
    const file = this.#files.get(path)
    if (file !== undefined) file.syncedLength = Math.min(file.length, Math.max(file.syncedLength, length))
  }

  remove(path: string): void {
    this.#bytes -= this.length(path)
    this.#files.delete(path)
  }

  /** What was not synced is lost from some byte on, in each file. */
  crash(random: Random): void {
    for (const file of this.#files.values()) {
      const kept = file.syncedLength + random.int(file.length - file.syncedLength + 1)
      this.#bytes -= file.length - kept
      file.length = kept
      file.syncedLength = kept
    }
  }
}

/** How long the operations of a disk take at most. */
const appendMs = 0.1
const syncMs = 5

/** The disk for one life of a node. Appends take effect in the order of their calls. */
export function diskOf(state: SimDiskState, life: SimLife, random: Random): SimDisk {
  const after = <T>(mostMs: number, done: () => T): Promise<T> =>
    new Promise((resolve) => life.clock.setTimer(random.next() * mostMs, () => resolve(done())))
  return {
    async append(path, bytes) {
      if (!life.dead) state.append(path, bytes)
      await after(appendMs, () => {})
    },
    read: (path) => after(appendMs, () => state.read(path)),
    sync(path) {
      const length = state.length(path)
      return after(syncMs, () => state.synced(path, length))
    },
    async remove(path) {
      if (!life.dead) state.remove(path)
      await after(appendMs, () => {})
    },
  }
}
