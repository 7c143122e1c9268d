/** Files that are there whole or not at all: neither a full disk nor a kill leaves half of one behind. */

import { rename, rm, writeFile } from 'node:fs/promises'
import { fileFailed } from '@mabeam/foundation'

/**
 * Writes `lines` (each with its own line end) to a file beside `path`, then puts it in place.
 *
 * Throws: `foundation/disk-full`, `foundation/file-failed`; what was at `path` before is then still there.
 */
export async function writeWholeFile(path: string, lines: Iterable<string>): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`
  try {
    await writeFile(draft, lines, { flush: true })
    await rename(draft, path)
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {}) // the file is what counts; its draft may stay
    throw fileFailed(path, 'writing the file', cause)
  }
}
