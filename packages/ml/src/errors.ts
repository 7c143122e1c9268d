/** The errors of this package: one factory a code, so that sentence and data stay the same wherever it is thrown. */

import { type Json, MabeamError, messageOf, show } from '@mabeam/foundation'

/** A variable, space or list of objectives that can't exist: `float: max: expected a number from min (1), got 0`. */
export function invalidVariable(where: string, expected: string, got: unknown): MabeamError {
  return new MabeamError('ml/invalid-variable', `${where}: expected ${expected}, got ${show(got)}`, {
    data: { where, expected, got: show(got) },
  })
}

/** A configuration that doesn't belong to its space; `data.variable` names the variable. */
export function invalidConfig(variable: string, expected: string, got: unknown): MabeamError {
  return new MabeamError('ml/invalid-config', `config: ${variable}: expected ${expected}, got ${show(got)}`, {
    data: { variable, expected, got: show(got) },
  })
}

/** A configuration inside every range that a constraint refuses. */
export function brokenConstraint(
  owner: string,
  constraint: string,
  { why, config }: { readonly why: string; readonly config: Json },
): MabeamError {
  return new MabeamError('ml/broken-constraint', `${owner}: constraint "${constraint}" does not hold: ${why}`, {
    data: { owner, constraint, why, config },
  })
}

/** Sampling gave up: the constraints leave nothing, or too little, of the space. */
export function unsatisfiable(sentence: string, data: { readonly [key: string]: Json }): MabeamError {
  return new MabeamError('ml/unsatisfiable', sentence, { data })
}

/** Persisted data of a form this version can't read. */
export function unreadable(what: string, expected: string, got: unknown): MabeamError {
  return new MabeamError('ml/unreadable', `${what}: expected ${expected}, got ${show(got)}`, {
    data: { what, expected, got: show(got) },
  })
}

/** The journal belongs to another study than the one asked for; `data.differs` names the part. */
export function studyMismatch(
  id: string,
  differs: string,
  { journaled, given }: { readonly journaled: Json; readonly given: Json },
): MabeamError {
  const sentence = `study "${id}": its journal was written with another ${differs}: expected ${show(journaled)}, got ${show(given)}`
  return new MabeamError('ml/study-mismatch', sentence, { data: { id, differs, journaled, given } })
}

/** The journal of a study holds a record that can't follow the ones before it. */
export function studyCorrupt(id: string, record: number, why: string): MabeamError {
  return new MabeamError('ml/study-corrupt', `study "${id}": record ${record} of its journal ${why}`, {
    data: { id, record, why },
  })
}

/** The study's journal failed: nothing more can be made durable. The cause is kept. */
export function studyFailed(id: string, cause: unknown): MabeamError {
  return new MabeamError('ml/study-failed', `study "${id}": its journal can't be written: ${messageOf(cause)}`, {
    data: { id },
    cause,
  })
}

export function unknownTrial(id: string, trial: number): MabeamError {
  return new MabeamError('ml/unknown-trial', `study "${id}": trial ${show(trial)} was never asked`, {
    data: { id, trial },
  })
}

export function trialAlreadyTold(id: string, trial: number, state: string): MabeamError {
  return new MabeamError('ml/trial-already-told', `study "${id}": trial ${trial} was already told (${state})`, {
    data: { id, trial, state },
  })
}

/** A study that was only read, see `readStudy`. */
export function studyReadOnly(id: string, what: string): MabeamError {
  return new MabeamError('ml/study-read-only', `study "${id}" was read from its journal and can't ${what}`, {
    data: { id, what },
  })
}

/** In order, a result that came before those of older trials when the loop ended; it is measured again. */
export function outOfTurn(id: string, trial: number): MabeamError {
  const sentence = `study "${id}": trial ${trial} was not told: its loop ended before the trials that come first`
  return new MabeamError('ml/out-of-turn', sentence, { data: { id, trial } })
}

/** A measured value that isn't a finite number; `data.name` names the objective. */
export function invalidValue(trial: number, name: string, got: unknown): MabeamError {
  return new MabeamError('ml/invalid-value', `trial ${trial}: ${name}: expected a finite number, got ${show(got)}`, {
    data: { trial, name, got: show(got) },
  })
}

/** A report on the way that can't be kept. */
export function invalidReport(trial: number, expected: string, got: unknown): MabeamError {
  return new MabeamError('ml/invalid-report', `trial ${trial}: report: expected ${expected}, got ${show(got)}`, {
    data: { trial, expected, got: show(got) },
  })
}

/** The reason that the signal of a pruned trial aborts with. */
export function trialPruned(trial: number, because: string): MabeamError {
  return new MabeamError('ml/trial-pruned', `trial ${trial} was pruned: ${because}`, { data: { trial, because } })
}

export function trialTimeout(trial: number, timeoutMs: number): MabeamError {
  return new MabeamError('ml/trial-timeout', `trial ${trial}: no result within ${timeoutMs} ms`, {
    data: { trial, timeoutMs },
  })
}

/** More trials failed than `failuresMax` allows; the cause is the last failure. */
export function tooManyFailures(
  id: string,
  { failed, failuresMax }: { readonly failed: number; readonly failuresMax: number },
  last: unknown,
): MabeamError {
  const sentence = `study "${id}": ${failed} ${failed === 1 ? 'trial' : 'trials'} failed in this run, more than failuresMax ${failuresMax}; the last: ${messageOf(last)}`
  return new MabeamError('ml/too-many-failures', sentence, { data: { id, failed, failuresMax }, cause: last })
}

/** Numbers that a computation can't use, such as an empty list of scores. */
export function unusableNumbers(owner: string, expected: string, got: unknown): MabeamError {
  return new MabeamError('ml/unusable-numbers', `${owner}: expected ${expected}, got ${show(got)}`, {
    data: { owner, expected, got: show(got) },
  })
}
