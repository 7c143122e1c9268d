/** Artefact files: read within a bound, and written whole or not at all. */

import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Json } from '@mabeam/foundation'
import { isRecord } from '../record.ts'
import { artefactBroken, artefactError, artefactFileFailed } from './errors.ts'

/** The most characters an artefact may have. */
export const artefactCharsMax = 50_000_000

/** Reads the object in a file. Throws: `dspx/artefact-unreadable`, `dspx/artefact-invalid`. */
export async function readArtefactFile(path: string): Promise<{ readonly [key: string]: Json }> {
  const text = await readText(path)
  let parsed: Json
  try {
    parsed = JSON.parse(text) as Json
  } catch (cause) {
    throw artefactBroken(path, text.trim() === '' ? 'an empty file' : 'text that is no JSON or ends too early', cause)
  }
  if (isRecord(parsed)) return parsed as { readonly [key: string]: Json }
  throw artefactError('invalid', path, 'an object of a tuned program', parsed)
}

async function readText(path: string): Promise<string> {
  try {
    const text = await readFile(path, 'utf8')
    if (text.length <= artefactCharsMax) return text
  } catch (cause) {
    throw artefactFileFailed('unreadable', path, cause)
  }
  throw artefactError('unreadable', path, `at most ${artefactCharsMax} characters`, 'more')
}

/** Writes a file whole or not at all (temporary file, fsync, rename). Throws: `dspx/artefact-unwritable`. */
export async function writeArtefactFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    await mkdir(dirname(resolve(path)), { recursive: true })
    const file = await open(temporary, 'w')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {}) // what is in the way of writing may be in the way of this too
    throw artefactFileFailed('unwritable', path, cause)
  }
}
