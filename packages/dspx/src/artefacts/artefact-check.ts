/** Whether what a caller hands over is an artefact at all; what is in a file, its schema says. */

import { invalidOption } from '@mabeam/foundation'
import type { Artefact } from './artefact.ts'

/** Throws `foundation/invalid-option` for what no file of ours holds. */
export function checkArtefact(owner: string, name: string, value: unknown): asserts value is Artefact {
  const { program, state, lineage } = (value ?? {}) as Partial<Artefact>
  const isWhole = isObject(program?.predictors) && isObject(state?.predictors) && isObject(state?.settings)
  if (isWhole && isObject(lineage)) return
  throw invalidOption(owner, name, 'an artefact, as loadArtefact gives it', value)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
