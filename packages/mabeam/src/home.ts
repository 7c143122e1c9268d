/** Where a project keeps what Mabeam writes: `.mabeam/` beside the work, or `MABEAM_HOME`. */

import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileFailed } from '@mabeam/foundation'
import { badStudyId } from './errors.ts'

/** Where the files of one study are. */
export interface StudyFiles {
  /** Their folder. */
  readonly path: string
  /** What was asked for: written before anything else, so that a study can be resumed from its first second. */
  readonly request: string
  /** A folder: every row that was tried and every call that was paid. */
  readonly tuning: string
  /** Every trial that was asked for and told, where the teleprompter searches a space. */
  readonly journal: string
  /** Every answer a model gave, so that none is paid for twice. */
  readonly answers: string
  /** The finished report, as `--json` prints it. */
  readonly result: string
  /** What was tried, on what evidence it was kept, and what it took. */
  readonly tuningReport: string
  /** Test rows with what each compared program answered. */
  readonly predictions: string
}

/** The files of a study that is begun or gone on with; the folder is there. */
export interface StudyFolder extends StudyFiles {
  readonly id: string
}

const idPattern = /^[a-z0-9][a-z0-9._-]{0,79}$/i

/** The folder for all state, absolute. */
export function homeFolder(env: { readonly [name: string]: string | undefined }, cwd: string): string {
  return resolve(cwd, env.MABEAM_HOME || '.mabeam')
}

/** Throws `mabeam/usage` for an id that could leave the folder. */
export function checkStudyId(id: string): void {
  if (!idPattern.test(id)) throw badStudyId(id)
}

/**
 * The files of study `id` under `home`; makes the folder.
 *
 * Throws: `mabeam/usage` for an id that could leave the folder, `foundation/disk-full`, `foundation/file-failed`.
 */
export function studyFolder(home: string, id: string): StudyFolder {
  checkStudyId(id)
  const path = join(home, 'studies', id)
  try {
    mkdirSync(path, { recursive: true })
  } catch (cause) {
    throw fileFailed(path, 'creating the folder', cause)
  }
  return { id, ...studyFiles(path) }
}

/** Where the files are of a study that lies in the folder `path`; nothing need be there. */
export function studyFiles(path: string): StudyFiles {
  return {
    path,
    request: join(path, 'request.json'),
    tuning: join(path, 'tuning'),
    journal: join(path, 'journal.jsonl'),
    answers: join(path, 'answers.jsonl'),
    result: join(path, 'result.json'),
    tuningReport: join(path, 'tuning.json'),
    predictions: join(path, 'predictions.jsonl'),
  }
}

/** Where the tuned program of study `id` is saved. */
export function artefactPath(home: string, id: string): string {
  return join(home, 'artefacts', `${id}.json`)
}

/** A new study's id: the program's name, as far as an id can hold it, and the second it began. */
export function newStudyId(programName: string, nowMs: number): string {
  const stamp = new Date(nowMs).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')
  const name = programName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replace(/^-+|-+$/g, '')
  return `${name || 'study'}-${stamp}`
}
