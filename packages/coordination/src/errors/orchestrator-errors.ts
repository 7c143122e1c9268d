/** Errors of the orchestrator: one factory a code. */

import { MabeamError, nearest } from '@mabeam/foundation'

export function unknownDirective(id: string, known: readonly string[]): MabeamError {
  const near = nearest(id, known)
  const hint = near === undefined ? '' : `; did you mean "${near}"?`
  return new MabeamError('coordination/unknown-directive', `no directive "${id}"${hint}`, { data: { id, known } })
}

export function directiveExists(id: string): MabeamError {
  return new MabeamError('coordination/directive-exists', `directive "${id}" is there already`, { data: { id } })
}

/** What a coordination function or an adaptation gave can't be read. */
export function invalidOutcome(directive: string, expected: string, got: string): MabeamError {
  const sentence = `outcome of directive "${directive}": expected ${expected}, got ${got}`
  return new MabeamError('coordination/invalid-outcome', sentence, { data: { directive, expected, got } })
}

/** It did not come back in time; what it gives later is dropped. */
export function directiveTimeout(directive: string, step: string, timeoutMs: number): MabeamError {
  const sentence = `directive "${directive}": ${step} took longer than ${timeoutMs} ms`
  return new MabeamError('coordination/directive-timeout', sentence, {
    retryable: true,
    data: { directive, step, timeoutMs },
  })
}

/** The place of the orchestrator was lost to another node in the middle of it. */
export function orchestratorMoved(name: string, node: string): MabeamError {
  const sentence = `orchestrator "${name}" is not on node ${node} any more: nothing further was changed from there`
  return new MabeamError('coordination/orchestrator-moved', sentence, { retryable: true, data: { name, node } })
}

export function orchestratorClosed(name: string): MabeamError {
  return new MabeamError('coordination/orchestrator-closed', `orchestrator "${name}" is closed`, { data: { name } })
}

/** Somebody else set it after it was looked at, so what was decided on does not hold any more. */
export function parameterContended(directive: string, parameter: string): MabeamError {
  const sentence = `directive "${directive}": parameter ${parameter} was set by somebody else meanwhile`
  return new MabeamError('coordination/parameter-contended', sentence, {
    retryable: true,
    data: { directive, parameter },
  })
}
