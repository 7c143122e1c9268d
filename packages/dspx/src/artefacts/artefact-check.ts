/** Whether what a caller hands over is an artefact at all; what is in a file, its schema says. */

import { invalidOption } from '@mabeam/foundation'
import type { Artefact } from './artefact.ts'
import { artefactSchema } from './artefact-schema.ts'
import { artefactVersion } from './artefact-upgrade.ts'

/** Throws `foundation/invalid-option` for what no file of ours holds. */
export function checkArtefact(owner: string, name: string, value: unknown): asserts value is Artefact {
  if (artefactSchema(artefactVersion).safeParse(value).success) return
  throw invalidOption(owner, name, 'an artefact, as loadArtefact gives it', value)
}
