/** Whether a search of trials has ended, as far as what lies beside its journal tells. */

import { existsSync } from 'node:fs'
import type { Study } from '@mabeam/ml'
import { studyFiles } from '../home.ts'
import { readResult } from '../job/study-store.ts'
import { readRunRequest } from './run-request.ts'
import type { StudyPlace } from './study-place.ts'

/**
 * `open` for one that is under way or was stopped; null where nobody says: a study that a program of its own keeps, and one of
 * `mabeam study run` with fewer trials than its budget, which its stops may have ended.
 *
 * Throws: `mabeam/study-unreadable`.
 */
export async function searchState(
  { folder, request }: StudyPlace,
  { finished }: Pick<Study, 'finished'>,
): Promise<'open' | 'finished' | null> {
  const files = studyFiles(folder)
  if (existsSync(files.request)) {
    // one that was gone on with has more trials than its report of before
    const result = await readResult(files)
    return result?.trials === finished.length ? 'finished' : 'open'
  }
  if (!existsSync(request)) return null
  const { budget, stops } = await readRunRequest(request)
  if (finished.length >= budget) return 'finished'
  return Object.keys(stops).length > 0 ? null : 'open'
}
