/** Files that are there whole or not at all: neither a full disk nor a kill leaves half of one behind. */

import { type FileHandle, open, rename, rm, writeFile } from 'node:fs/promises'
import { fileFailed, systemCodeOf } from './errors/journal-errors.ts'

/** Writers of one file at the same time, in this process and after those before it that were killed. */
const draftsMax = 1_000

/**
 * Writes a text, or its parts one after the other, to a file beside `path`, then puts it in place. Many may write to one path at
 * once: each writes a file of its own, and the last one stays.
 *
 * Throws: `foundation/disk-full`, `foundation/file-failed`; what was at `path` before is then still there.
 * @example await writeWholeFile('result.json', `${JSON.stringify(result)}\n`)
 */
export async function writeWholeFile(path: string, content: string | Iterable<string>): Promise<void> {
  let draft: Draft | undefined
  try {
    draft = await openDraft(path)
    try {
      await writeFile(draft.file, content)
      await draft.file.sync()
    } finally {
      await draft.file.close()
    }
    await rename(draft.path, path)
  } catch (cause) {
    if (draft) await rm(draft.path, { force: true }).catch(() => {}) // what is in the way of writing may be in the way of this too
    throw fileFailed(path, 'writing the file', cause)
  }
}

/** A file that nobody else has. */
interface Draft {
  readonly path: string
  readonly file: FileHandle
}

/** The first that is not there: who saves to the same place at the same time writes to another. */
async function openDraft(path: string): Promise<Draft> {
  for (let number = 0; ; number++) {
    const draft = `${path}.${process.pid}.${number}.tmp`
    try {
      return { path: draft, file: await open(draft, 'wx') }
    } catch (cause) {
      if (systemCodeOf(cause) !== 'EEXIST' || number + 1 >= draftsMax) throw cause
    }
  }
}
