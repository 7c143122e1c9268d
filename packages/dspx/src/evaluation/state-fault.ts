/**
 * Failures by which a model refuses what it was sent, and would refuse it again: a prompt that is too long, a setting that it does not
 * take. They say something of the state of the program, not of its surroundings.
 */

import { invalidOption, isMabeamError, type Json, toWireError, type WireError } from '@mabeam/foundation'
import type { FailureReason } from '../models/errors.ts'
import type { EvaluatedExample } from './evaluation-summary.ts'

/** Why a model refuses a state. */
export type StateFault = Extract<FailureReason, 'context-too-long' | 'invalid-request'>

const faults: ReadonlySet<unknown> = new Set<StateFault>(['context-too-long', 'invalid-request'])

/** The most errors that are looked through, each the cause of the one before. */
const causesMax = 16

/**
 * Why a row has no answer, where that is the fault of the state; undefined for every other row. Also of a row that was sent or kept as
 * JSON, and where the program wraps the error of the model.
 *
 * Throws: `foundation/invalid-option` for what is no row.
 */
export function stateFault(row: Pick<EvaluatedExample, 'error'>): StateFault | undefined {
  if (typeof row !== 'object' || row === null || Array.isArray(row))
    throw invalidOption('stateFault', 'row', 'a row of an evaluation', row)
  const { error } = row
  if (error === undefined || error.retryable) return undefined
  const { code, data } = error
  if (code === 'dspx/model-failed') return asFault(data.reason)
  return asFault(data.stateFault)
}

/** What a run threw, as plain data that {@link stateFault} can read: causes are lost on the way. */
export function runFailure(thrown: unknown): WireError {
  const wire = toWireError(thrown)
  if (wire.code === 'dspx/model-failed') return wire
  const fault = faultBehind(thrown)
  return fault === undefined ? wire : { ...wire, data: { ...wire.data, stateFault: fault } }
}

/** The fault of the state that a thrown value tells of, by itself or by its causes. */
export function faultBehind(thrown: unknown): StateFault | undefined {
  let error = thrown
  for (let depth = 0; depth < causesMax && error instanceof Error; depth++) {
    if (isMabeamError(error)) {
      // it is the judge that was refused
      if (error.code === 'dspx/judge-failed') return undefined
      if (error.code === 'dspx/model-failed') return error.retryable ? undefined : asFault(error.data.reason)
      // one of several that was only overloaded may answer the next time
      if (error.code === 'dspx/no-model-answered' && !failedReasons(error.data.failedModels).every(asFault))
        return undefined
    }
    error = error.cause
  }
  return undefined
}

function failedReasons(models: Json | undefined): unknown[] {
  return Array.isArray(models) ? models.map((one) => (one as { readonly reason?: unknown }).reason) : []
}

function asFault(reason: unknown): StateFault | undefined {
  return faults.has(reason) ? (reason as StateFault) : undefined
}
