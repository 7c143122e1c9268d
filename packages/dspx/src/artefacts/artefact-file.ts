/** Artefact files: read within a bound, and written whole or not at all. */

import { mkdir, readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { isMabeamError, type Json, jsonFault, writeWholeFile } from '@mabeam/foundation'
import { isRecord } from '../record.ts'
import { artefactBroken, artefactError, artefactFileFailed } from './errors.ts'

/** The most characters an artefact may have. */
export const artefactCharsMax = 50_000_000
/** How deep its JSON may be nested: digests and schemas go down into it, and have only so much stack. */
export const artefactDepthMax = 500

/** Reads the object in a file. Throws: `dspx/artefact-unreadable`, `dspx/artefact-invalid`. */
export async function readArtefactFile(path: string): Promise<{ readonly [key: string]: Json }> {
  const text = await readText(path)
  let parsed: Json
  try {
    parsed = JSON.parse(text) as Json
  } catch (cause) {
    throw artefactBroken(path, brokenText(text), cause)
  }
  if (!isRecord(parsed)) throw artefactError('invalid', path, 'an object of a tuned program', parsed)
  if (isDeeper(parsed, artefactDepthMax)) {
    throw artefactError('invalid', path, `JSON at most ${artefactDepthMax} levels deep`, 'a deeper one')
  }
  return parsed as { readonly [key: string]: Json }
}

/** A file that was merged or edited by hand is mended where it broke. */
function brokenText(text: string): string {
  const fault = jsonFault(text, { whole: 'file' })
  if (fault === undefined || text.trim() === '') return 'an empty file'
  const { line, column, expected, got } = fault
  return `text that is no JSON at line ${line}, column ${column} (expected ${expected}, got ${got})`
}

function isDeeper(value: object, depthMax: number): boolean {
  let level: object[] = [value]
  for (let depth = 0; depth < depthMax; depth++) {
    level = level.flatMap((one) => Object.values(one).filter((member) => typeof member === 'object' && member !== null))
  }
  return level.length > 0
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

/** Writes a file whole or not at all. Throws: `dspx/artefact-unwritable`. */
export async function writeArtefactFile(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(resolve(path)), { recursive: true })
    await writeWholeFile(path, text)
  } catch (thrown) {
    throw artefactFileFailed('unwritable', path, isMabeamError(thrown) ? thrown.cause : thrown)
  }
}
