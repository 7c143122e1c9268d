/** The folder of a study on disk: what was asked for, whether it has begun, what it found. */

import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Json, show, writeWholeFile } from '@mabeam/foundation'
import { noSuchStudy, studyExists, studyLayout, studyUnreadable } from '../errors.ts'
import { newStudyId, type StudyFiles, type StudyFolder, studyFolder } from '../home.ts'
import type { StudyResult } from '../result.ts'
import type { JobPlace, SettledRequest } from './job-options.ts'

/** What was asked for and of what, kept in the study's folder before anything is done: enough to go on from the id alone. */
export interface StoredRequest {
  readonly version: 2
  readonly request: SettledRequest
  /** The folder that the paths of the request start from. */
  readonly cwd: string
  readonly digests: { readonly [what: string]: string }
  /** How many rows there are of each part; absent in studies of earlier releases. */
  readonly rows?: RowCounts
}

/** Rows by their use. */
interface RowCounts {
  readonly train: number
  readonly validation: number
  readonly test: number
}

/** A folder that no study has begun in. Throws `mabeam/usage` when the study that was asked for has. */
export function newFolder(place: JobPlace & { readonly study?: string }, program: string): StudyFolder {
  const wanted = place.study ?? newStudyId(program, place.clock.nowMs())
  for (let copy = 1; ; copy++) {
    const folder = studyFolder(place.home, copy === 1 ? wanted : `${wanted}-${copy}`)
    if (!existsSync(folder.request)) return folder
    if (place.study !== undefined) throw studyExists(wanted)
  }
}

/** The folder of a study that exists. Throws `mabeam/usage` naming the studies there are. */
export async function existingStudy(home: string, id: string): Promise<StudyFolder> {
  const known = (await readdir(join(home, 'studies')).catch((): string[] => []))
    .filter((name) => existsSync(join(home, 'studies', name, 'request.json')))
    .sort()
  if (!known.includes(id)) throw noSuchStudy(id, known)
  return studyFolder(home, id)
}

/** What was asked for last. Throws `mabeam/study-version` for a study of another layout, `mabeam/study-unreadable`. */
export async function readRequest(folder: StudyFiles): Promise<StoredRequest> {
  const text = await readFile(folder.request, 'utf8')
  let stored: { readonly version?: unknown }
  try {
    stored = JSON.parse(text) as { readonly version?: unknown }
  } catch {
    throw studyUnreadable(folder.request, 'it is no JSON')
  }
  if (stored?.version === 1) throw studyLayout(folder.path, 1)
  if (stored?.version !== 2) throw studyUnreadable(folder.request, `expected version 2, got ${show(stored?.version)}`)
  return stored as StoredRequest
}

export async function writeRequest(folder: StudyFolder, stored: StoredRequest): Promise<void> {
  await writeWholeFile(folder.request, [`${JSON.stringify(stored)}\n`])
}

/** The report of a finished study; undefined where there is none that can be read, and the study is concluded again. */
export async function readResult(folder: StudyFiles): Promise<StudyResult | undefined> {
  const text = await readFile(folder.result, 'utf8').catch(() => undefined)
  try {
    const result = text === undefined ? undefined : (JSON.parse(text) as StudyResult)
    return result?.version === 2 ? result : undefined
  } catch {
    return undefined
  }
}

export async function writeResult(folder: StudyFolder, result: StudyResult): Promise<void> {
  await writeWholeFile(folder.result, [`${JSON.stringify(result)}\n`])
}

/** How many trials a journal tells the end of. */
export function endedTrials(records: readonly Json[]): number {
  return records.filter(isOutcome).length
}

function isOutcome(record: Json): boolean {
  const { type } = record as { readonly type?: Json }
  return type === 'tell' || type === 'fail'
}
