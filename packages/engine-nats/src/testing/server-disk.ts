/** A disk that can be filled: a small file system in memory. Linux, as root. */

import { execFile } from 'node:child_process'
import { open, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { deathGuard } from '@mabeam/foundation'
import { faultNotPossible } from './testing-errors.ts'

const run = promisify(execFile)
const piece = Buffer.alloc(1024 * 1024)

/** Disposing takes it away. Idempotent. */
export class ServerDisk implements AsyncDisposable {
  readonly folder: string
  readonly #dismiss: () => void
  #isGone = false

  private constructor(folder: string) {
    this.folder = folder
    this.#dismiss = deathGuard('umount --lazy "$1"', [folder])
  }

  /** Puts one at a folder. Rejects with `engine-nats/fault-not-possible`. */
  static async mount(folder: string, bytes: number): Promise<ServerDisk> {
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder])
    } catch (thrown) {
      throw faultNotPossible('a full disk', 'this user may not mount a file system', thrown)
    }
    return new ServerDisk(folder)
  }

  /** Leaves no byte. */
  async fill(): Promise<void> {
    await using file = await open(join(this.folder, 'filler'), 'a')
    for (;;) {
      const { bavail, bsize } = await statfs(this.folder)
      const left = Math.min(bavail * bsize, piece.length)
      if (left === 0) return
      try {
        await file.write(piece, 0, left)
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code === 'ENOSPC') return
        throw thrown
      }
    }
  }

  /** Gives back what `fill` took. */
  async free(): Promise<void> {
    await rm(join(this.folder, 'filler'), { force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isGone) return
    this.#isGone = true
    await run('umount', ['--lazy', this.folder])
    this.#dismiss()
  }
}
