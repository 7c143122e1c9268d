/** Where a study lies: one of the project by its id, or any by its folder or journal, such as one that a program of yours keeps. */

import { createReadStream, existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { readJournal } from '@mabeam/foundation'
import { readStudy, type Study, studyJournal } from '@mabeam/ml'
import { noSpaceSearched, noStudyHere, noTrialYet } from '../errors.ts'
import { checkStudyId, studyFiles } from '../home.ts'

export interface StudyPlace {
  /** As people name it, on the command line too. */
  readonly name: string
  readonly folder: string
  readonly journal: string
  /** What `mabeam study run` was asked for; not there for studies of others. */
  readonly request: string
}

/** The place of a study by its id, its folder, or its journal. It need not exist. Throws `mabeam/usage` for an id that can't be. */
export function studyPlace(home: string, cwd: string, name: string): StudyPlace {
  if (name.endsWith('.jsonl')) {
    const journal = resolve(cwd, name)
    return { name, folder: dirname(journal), journal, request: join(dirname(journal), 'run.json') }
  }
  const isFolder = /[/\\]/.test(name)
  if (!isFolder) checkStudyId(name)
  const folder = isFolder ? resolve(cwd, name) : join(home, 'studies', name)
  return { name, folder, journal: studyFiles(folder).journal, request: join(folder, 'run.json') }
}

/** The id of the study in its journal. */
export function idOf({ folder }: StudyPlace): string {
  return basename(folder)
}

/** The ids of all studies of the project, sorted; those too that search no space and so have no journal of trials. */
export function studyIds(home: string): string[] {
  const folder = join(home, 'studies')
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((id) => ['journal.jsonl', 'tuning'].some((file) => existsSync(join(folder, id, file))))
    .sort()
}

/**
 * The study as far as it is written, also while another process writes it.
 *
 * Throws: `mabeam/usage` naming the studies there are, or where a study is told of that searched no space, or none yet; what
 * `readJournal` and `readStudy` throw.
 */
export async function readStudyAt(place: StudyPlace, home: string): Promise<Study> {
  if (!existsSync(place.journal) && existsSync(studyFiles(place.folder).tuning)) throw noSpaceSearched(place.name)
  if (!existsSync(place.journal)) throw noStudyHere(place.name, studyIds(home))
  const journal = await readJournal(place.journal, studyJournal.kind)
  if (journal.records.length === 0) throw noTrialYet(place.name)
  return readStudy({ journal })
}

/** Whether a search of trials was begun there: a journal is opened before, and holds its own first line alone until then. */
export async function hasSearch({ journal }: Pick<StudyPlace, 'journal'>): Promise<boolean> {
  if (!existsSync(journal)) return false
  let lines = 0
  try {
    for await (const part of createReadStream(journal, { encoding: 'utf8' })) {
      lines += (part as string).split('\n').length - 1
      if (lines > 1) return true
    }
    return false
  } catch {
    // who reads the journal says what is wrong with it
    return true
  }
}
