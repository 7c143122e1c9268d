/** Programs in files: their state as an artefact, loaded into a copy of a program that still has the same fields. */

import type { KeyObject } from 'node:crypto'
import { type Clock, checkOptions, rule } from '@mabeam/foundation'
import { type LoadArtefactOptions, loadArtefact, saveArtefact } from '../artefacts/artefact.ts'
import { artefactState } from '../artefacts/artefact-shape.ts'
import { originsOf, tellOrigins } from '../artefacts/lineage.ts'
import { type Signature, withInstructions } from '../signatures/signature.ts'
import type { Program } from './program.ts'
import { checkProgram, nameOf, predictorsIn } from './program-walk.ts'

/** How a program is saved. */
export interface SaveOptions {
  /** What the file says about when it was made. @default systemClock */
  readonly clock?: Clock
  /** A private Ed25519 key: whoever loads the file can ask who made it. @default not signed */
  readonly signWith?: KeyObject
}

const saveRules = { clock: rule.optional(rule.having('nowMs')), signWith: rule.optional(rule.any()) }

/** Saves; see `Program.save`. */
export async function saveProgram(program: Program, path: string, options: SaveOptions): Promise<void> {
  checkOptions('save', options, saveRules)
  const { clock, signWith } = options
  const { digest: _, ...origins } = originsOf(program) ?? { lineage: { steps: [] } }
  const content = {
    program: shapeOf(program),
    state: program.state(),
    ...origins,
    ...(clock && { clock }),
    ...(signWith !== undefined && { signWith }),
  }
  const { digest } = await saveArtefact(path, content)
  tellOrigins(program, { ...origins, digest })
}

/**
 * A copy of a program with the state of a file, whatever class it was saved from: what counts is that it has the same
 * predictors with the same fields.
 *
 * Throws: `dspx/artefact-unreadable`, `-invalid`, `-version` (of a newer release), `-digest` (changed after it was saved),
 * `-signature` (not signed by one of the keys of `verifyWith`), `-program` (naming the predictor or field that is another);
 * `dspx/invalid-state` for settings it does not know.
 * @example const rag = await loadProgram(new Rag(), 'rag.json', { verifyWith: [publicKey] })
 */
export async function loadProgram<P extends Program>(
  program: P,
  path: string,
  options: LoadArtefactOptions = {},
): Promise<P> {
  checkProgram('loadProgram', program)
  const artefact = await loadArtefact(path, options)
  const shape = { ...shapeOf(program), name: artefact.program.name }
  const { lineage, study, digest } = artefact
  return tellOrigins(program.compile(artefactState(path, artefact, shape)), {
    lineage,
    digest,
    ...(study && { study }),
  })
}

function shapeOf(program: Program) {
  const predictors: { [path: string]: Signature } = {}
  for (const [at, { signature, instructions }] of predictorsIn(program)) {
    predictors[at] = withInstructions(signature, instructions)
  }
  return { name: nameOf(program), predictors }
}
