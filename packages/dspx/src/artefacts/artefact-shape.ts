/** Whether an artefact still fits its program: the same predictors with the same fields. */

import { checkOptions, type OptionRule, rule } from '@mabeam/foundation'
import type { Config } from '@mabeam/ml'
import type { Field } from '../signatures/field.ts'
import {
  type Demo,
  type FieldJson,
  type Signature,
  type SignatureJson,
  signatureJson,
} from '../signatures/signature.ts'
import type { Artefact } from './artefact.ts'
import { checkArtefact } from './artefact-check.ts'
import { artefactError } from './errors.ts'

/** What of a program an artefact is compared with. */
export interface ProgramShape {
  readonly name: string
  readonly predictors: { readonly [name: string]: Signature }
}

/** What was tuned, as an artefact holds it: the state of a program is one. */
export interface ArtefactState {
  readonly settings: Config
  readonly predictors: { readonly [name: string]: ArtefactPredictor }
}

/** What was tuned about one predictor. */
export interface ArtefactPredictor {
  readonly instructions: string
  readonly demos: readonly Demo[]
  /** How many of `demos` a question is shown, where they are a pool. */
  readonly nearest?: number
}

/** A field as an artefact holds it: with its whole type. */
export interface ArtefactField extends FieldJson {
  readonly list?: boolean
  /** The type in words; absent in artefacts of version 1. */
  readonly type?: string
}

/** A signature as an artefact holds it. */
export interface ArtefactSignature extends SignatureJson {
  readonly inputs: readonly ArtefactField[]
  readonly outputs: readonly ArtefactField[]
}

/** A signature as it is written. */
export function artefactSignature(given: Signature): ArtefactSignature {
  const plain = signatureJson(given)
  const typed = (fields: readonly FieldJson[], sources: readonly Field[]) =>
    fields.map((field, i): ArtefactField => {
      const { list, typeText } = sources[i] as Field
      return { ...field, ...(list && { list }), type: typeText }
    })
  return { ...plain, inputs: typed(plain.inputs, given.inputs), outputs: typed(plain.outputs, given.outputs) }
}

/**
 * The state in an artefact, when `program` is still the one it was tuned for: the same predictors with the same fields,
 * kinds, values and types. Descriptions and instructions may have changed.
 *
 * Throws: `dspx/artefact-program` naming what differs.
 */
export function artefactState(path: string, artefact: Artefact, program: ProgramShape): ArtefactState {
  checkOptions('artefactState', { path }, { path: rule.string() })
  checkArtefact('artefactState', 'artefact', artefact)
  checkOptions('artefactState', { program }, { program: shapeRule })
  const owner = `a program that is still as it was tuned (${artefact.program.name})`
  if (artefact.program.name !== program.name) throw artefactError('program', path, owner, `program ${program.name}`)
  const then = artefact.program.predictors
  for (const name of new Set([...Object.keys(then), ...Object.keys(program.predictors)])) {
    const now = program.predictors[name]
    const was = then[name]
    if (!was || !now) throw artefactError('program', path, owner, `${was ? 'no' : 'a new'} predictor ${name}`)
    const difference = fieldDifference(was, artefactSignature(now))
    if (difference) throw artefactError('program', path, owner, `another field ${name}.${difference}`)
  }
  return artefact.state
}

/** What names a program and its predictors. */
export const shapeRule: OptionRule = {
  expected: 'a program { name, predictors }',
  test: (value) => {
    const { name, predictors } = (value ?? {}) as Partial<ProgramShape>
    return typeof name === 'string' && typeof predictors === 'object' && predictors !== null
  },
  optional: false,
}

/** The first field that is not the same in both, with how it was and is where that can be said. */
export function fieldDifference(was: ArtefactSignature, now: ArtefactSignature): string | undefined {
  for (const side of ['inputs', 'outputs'] as const) {
    const names = new Set([...was[side], ...now[side]].map(({ name }) => name))
    for (const name of names) {
      const [then, today] = [was, now].map((one) => one[side].find((candidate) => candidate.name === name))
      if (then !== undefined && today !== undefined && isSame(then, today)) continue
      return then?.type !== undefined && today?.type !== undefined && then.type !== today.type
        ? `${name} (${then.type} then, ${today.type} now)`
        : name
    }
  }
  return undefined
}

/** Types are compared where both are known: artefacts of version 1 have none. */
function isSame(then: ArtefactField, today: ArtefactField): boolean {
  const shape = ({ kind, values, optional }: ArtefactField) => JSON.stringify([kind, values ?? [], optional ?? false])
  if (shape(then) !== shape(today)) return false
  if (then.type === undefined || today.type === undefined) return true
  return then.type === today.type && (then.list ?? false) === (today.list ?? false)
}
