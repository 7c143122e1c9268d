/** Whether what a caller hands over is an artefact at all; what is in a file, its schema says. */

import { invalidOption } from '@mabeam/foundation'
import { isRecord } from '../record.ts'
import type { Artefact } from './artefact.ts'

/** Throws `foundation/invalid-option` for what no file of ours holds. */
export function checkArtefact(owner: string, name: string, value: unknown): asserts value is Artefact {
  const { program, state, lineage } = (value ?? {}) as Partial<Artefact>
  const isWhole = isRecord(program?.predictors) && isRecord(state?.predictors) && isRecord(state?.settings)
  if (isWhole && isRecord(lineage)) return
  throw invalidOption(owner, name, 'an artefact, as loadArtefact gives it', value)
}
