/** A program to run: as written (`program.ts`) or as tuned (the artefact of a study). */

import { resolve } from 'node:path'
import { artefactModule, artefactState, loadArtefact, type Program, type ProgramState } from '@mabeam/dspx'
import { loadProgramFile } from './program-file.ts'

export interface OpenedProgram {
  readonly program: Program
  readonly state: ProgramState
}

/**
 * Opens `path`: `.json` is an artefact, whose program file is loaded from where the artefact says; all else is a program file.
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
  const program = await loadProgramFile(artefactModule(absolute, artefact))
  return { program, state: artefactState(absolute, artefact, program) }
}
