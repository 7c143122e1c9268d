/** The errors of tuning: one factory a code, one grammar `owner: what: expected …, got …`. */

import { fromWireError, MabeamError, messageOf, show, type WireError } from '@mabeam/foundation'
import type { StateFault } from '../evaluation/state-fault.ts'

/** A tuning plan that does not fit its program. */
export function invalidPlan(program: string, key: string, expected: string, got: unknown): MabeamError {
  return new MabeamError(
    'dspx/invalid-plan',
    `tuning plan of ${program}: ${key}: expected ${expected}, got ${show(got)}`,
    {
      data: { program, key, expected, got: show(got) },
    },
  )
}

/** Rows that are too few to tune with. */
export function tooFewRows(part: string, expected: string, got: string): MabeamError {
  return new MabeamError('dspx/too-few-rows', `optimize: ${part}: expected ${expected}, got ${got}`, {
    data: { part, expected, got },
  })
}

/** Two rows of one name. */
export function duplicateRow(id: string): MabeamError {
  const sentence = `optimize: rows: expected an id of its own for each row of train and val, got ${show(id)} twice`
  return new MabeamError('dspx/duplicate-row', sentence, { data: { id } })
}

/** A teleprompter proposed what it may not. */
export function invalidProposal(teleprompter: string, key: string, expected: string, got: unknown): MabeamError {
  const sentence = `teleprompter ${teleprompter}: proposal: ${key}: expected ${expected}, got ${show(got)}`
  return new MabeamError('dspx/invalid-proposal', sentence, {
    data: { teleprompter, key, expected, got: show(got) },
  })
}

/** An evaluator gave no result where one was due. */
export function invalidEvaluation(id: string, got: string | undefined): MabeamError {
  const gave = got === undefined ? 'none' : `that of ${show(got)}`
  const sentence = `optimize: evaluator: expected a result for each row in their order, here that of ${show(id)}, got ${gave}`
  return new MabeamError('dspx/invalid-evaluation', sentence, { data: { id, got: got ?? null } })
}

/** What the program as given met on more rows than are borne. */
export interface GivenRefused {
  readonly fault: StateFault
  readonly refused: number
  readonly errorsMax: number
  /** Of the last row that was refused. */
  readonly exampleId: string
  readonly error: WireError
}

const mends: { readonly [fault in StateFault]: string } = {
  'context-too-long': 'shorten its instructions, demonstrations or rows, or choose a model with a longer context',
  'invalid-request': 'change the setting that the model does not take, or choose another model',
}

/** A model refuses the program as given, so that there is nothing to compare with. */
export function givenRefused({ fault, refused, errorsMax, exampleId, error }: GivenRefused): MabeamError {
  const cause = fromWireError(error)
  const sentence = `optimize: the program as given: expected at most ${errorsMax} rows that a model refuses (errorsMax), got ${refused} (${fault}); ${mends[fault]}; the last one, ${exampleId}: ${cause.message}`
  const data = { fault, errors: refused, errorsMax, exampleId, cause: { ...error } }
  return new MabeamError('dspx/too-many-errors', sentence, { data, cause })
}

/** A teleprompter's own code threw. */
export function teleprompterFailed(teleprompter: string, thrown: unknown): MabeamError {
  return new MabeamError('dspx/teleprompter-failed', `teleprompter ${teleprompter}: ${messageOf(thrown)}`, {
    data: { teleprompter },
    cause: thrown,
  })
}

/** An objective that nothing measures. */
export function objectiveUnmeasured(name: string, known: readonly string[]): MabeamError {
  const sentence = `optimize: objective ${name}: expected something that is measured (${known.join(', ')}), got no value; measure it in the metric ({ score, values: { ${name} } })${name === 'costUsd' ? ', or give the price of the model' : ''}`
  return new MabeamError('dspx/objective-unmeasured', sentence, { data: { name, known } })
}

/** A journal that a later release has written. */
export function journalTooNew(path: string, expected: number, got: number): MabeamError {
  const sentence = `${path}: expected a journal of version ${expected} or earlier, got version ${got}; read it with the release that wrote it`
  return new MabeamError('dspx/journal-too-new', sentence, { data: { path, expected, got } })
}
