/** Looking at a study that another process may be writing. */

import { checkOptions, type Json, rule } from '@mabeam/foundation'
import type { AnyVariables, Space, Variables } from '../space/space.ts'
import { spaceFromJSON } from '../space/space-json.ts'
import { JournaledStudy } from './journaled-study.ts'
import type { Study } from './study.ts'
import { headerIn, replay, type StudyJournal } from './study-journal.ts'

export interface ReadStudyOptions<V extends AnyVariables = Variables> {
  /** The records as far as they are written, as `readJournal` of foundation gives them while another process writes. */
  readonly journal: Pick<StudyJournal, 'records'>
  /** For typed configurations; must be the one the study was opened with. @default the space in the journal, without constraints */
  readonly space?: Space<V>
}

/**
 * The study as its journal tells it, for any number of readers beside the one that writes. It answers everything that was
 * found (`finished`, `best`, `front`, `importance`, `explain`, …) and refuses whatever would change it with `ml/study-read-only`.
 * It does not follow the journal: read again for what came since.
 *
 * Throws: `foundation/invalid-option`; `ml/study-corrupt`, also for a journal without a header; `ml/study-mismatch` for another
 * space; `ml/unreadable`.
 * @example readStudy({ journal: await readJournal('study.jsonl', studyJournal.kind) }).best()
 */
export function readStudy<V extends AnyVariables = Variables>(options: ReadStudyOptions<V>): Study<V> {
  checkOptions('readStudy', options, { journal: rule.object(), space: rule.optional(rule.having('validate')) })
  const records = options.journal.records as readonly Json[]
  checkOptions('readStudy: journal', { records }, { records: rule.array() })
  const header = headerIn('readStudy', records)
  const space = (options.space ?? spaceFromJSON(header.space)) as unknown as Space
  const given = options.space ? { ...header, space: space.toJSON() } : header
  const state = replay(records, given, space)
  return new JournaledStudy({ space, objectives: header.objectives, readOnly: true }, state) as unknown as Study<V>
}
