/** How a program is started as a process of its own, with the sources or the build of the packages as this one has them. */

import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { programNotFound } from '../errors.ts'

const isSource = import.meta.filename.endsWith('.ts')

/**
 * What Node is called with to run the program at `path`.
 *
 * Throws `mabeam/program-not-found`.
 */
export function programArgs(path: string, cwd: string): readonly string[] {
  const absolute = resolve(cwd, path)
  const stats = statSync(absolute, { throwIfNoEntry: false })
  if (!stats?.isFile()) throw programNotFound(path, stats ? 'a folder' : 'none')
  return [...(isSource ? ['--conditions=mabeam-source'] : []), absolute]
}

/** What Node is called with to run this command line. */
export function commandLineArgs(args: readonly string[]): readonly string[] {
  return [fileURLToPath(new URL('../../bin/mabeam.mjs', import.meta.url)), ...args]
}
