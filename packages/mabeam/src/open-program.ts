/** A program to run: as written (`program.ts`) or as tuned (the artefact of a study). */

import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import {
  type Artefact,
  artefactModule,
  artefactState,
  loadArtefact,
  type ProgramDefinition,
  type ProgramState,
} from '@mabeam/dspx'
import { artefactModuleUnnamed, artefactProgramMissing } from './errors.ts'
import { loadProgramFile } from './program-file.ts'

export interface OpenedProgram {
  readonly program: ProgramDefinition
  readonly state: ProgramState
}

/**
 * Opens `path`: `.json` is an artefact, whose program file is loaded from where the artefact says,
 * or from beside it; all else is a program file.
 *
 * Throws: the errors of `loadProgramFile` and `loadArtefact`.
 */
export async function openProgram(path: string, cwd: string): Promise<OpenedProgram> {
  const absolute = resolve(cwd, path)
  if (!absolute.endsWith('.json')) {
    const program = await loadProgramFile(absolute)
    return { program, state: program.initialState() }
  }
  const artefact = await loadArtefact(absolute)
  const program = await loadProgramFile(moduleOf(absolute, artefact))
  return { program, state: artefactState(absolute, artefact, program) }
}

/** Where the artefact says, or beside it: artefact and program may have been moved together. */
function moduleOf(path: string, artefact: Artefact): string {
  const named = artefactModule(path, artefact)
  if (named === undefined) throw artefactModuleUnnamed(path)
  const beside = join(dirname(path), basename(named))
  const found = [named, beside].find((one) => existsSync(one))
  if (found === undefined) throw artefactProgramMissing(path, named)
  return found
}
