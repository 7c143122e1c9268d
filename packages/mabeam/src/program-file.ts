/** Loads a program from the file that defines it. */

import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isProgramDefinition, type ProgramDefinition } from '@mabeam/dspx'
import { messageOf, show } from '@mabeam/foundation'
import { notAProgram, programBroken, programNotFound } from './errors.ts'

/**
 * The default export of the file at `path`, which must be a program. Runs the file's code.
 *
 * Throws: `mabeam/program-not-found`, `mabeam/program-broken`, `mabeam/not-a-program`.
 */
export async function loadProgramFile(path: string): Promise<ProgramDefinition> {
  const absolute = resolve(path)
  const stats = statSync(absolute, { throwIfNoEntry: false })
  if (!stats?.isFile()) throw programNotFound(path, stats ? 'a folder' : 'none')
  let module: { readonly default?: unknown }
  try {
    module = await import(pathToFileURL(absolute).href)
  } catch (error) {
    throw programBroken(path, error, messageOf(error).split('\n')[0] ?? '')
  }
  if (!isProgramDefinition(module.default)) throw notAProgram(path, show(module.default))
  return module.default
}
