/**
 * What a run gives: the outputs, and beside them, where neither JSON nor equality sees it, what the run took. Its error carries the same.
 */

import { invalidOption } from '@mabeam/foundation'
import type { Usage } from '../models/usage.ts'
import type { Attempt, PredictorTrace } from './attempt.ts'

/** What a run took. */
export interface RunDetails {
  /** Every call of a model in the order of its end, those that failed too. At most `attemptsMax`, the first ones. */
  readonly attempts: readonly Attempt[]
  /** How many more there were. */
  readonly attemptsOmitted: number
  /** The sum over all calls. */
  readonly usage: Usage
  /** Every question that was answered, at most `traceMax`, the first ones; empty unless the run was asked for it with `trace: true`. */
  readonly trace: readonly PredictorTrace[]
  /** How many more there were. */
  readonly traceOmitted: number
}

/** Outputs that also carry what the run took. An output of such a name is the output: {@link detailsOf} tells all the same. */
export type Result<O> = O & Omit<RunDetails, keyof O>

/** Under which a result carries its details, for any copy of this package. */
const detailsKey: unique symbol = Symbol.for('mabeam.run-details')

/** A result under construction: what its own getters see. */
interface Detailed {
  readonly [detailsKey]: RunDetails
}

/** Shared by all results, so that one costs no functions of its own. */
const detailProperties: { readonly [name in keyof RunDetails]: PropertyDescriptor & ThisType<Detailed> } = {
  attempts: { get: detail('attempts') },
  attemptsOmitted: { get: detail('attemptsOmitted') },
  usage: { get: detail('usage') },
  trace: { get: detail('trace') },
  traceOmitted: { get: detail('traceOmitted') },
}
const detailNames = Object.keys(detailProperties) as (keyof RunDetails)[]

function detail(name: keyof RunDetails): (this: Detailed) => unknown {
  return function (this: Detailed) {
    return this[detailsKey][name]
  }
}

/** The outputs in a new object, with details that are not enumerable. */
export function resultOf<O extends object>(outputs: O, details: RunDetails): Result<O> {
  const result = { ...outputs }
  defineDetails(result, details)
  for (const name of detailNames) {
    if (!Object.hasOwn(result, name)) Object.defineProperty(result, name, detailProperties[name])
  }
  const more: unknown = Reflect.get(outputs, moreKey)
  if (more !== undefined) defineMore(result, more as object)
  return result as Result<O>
}

/** Under which outputs carry what a module tells besides, for any copy of this package. */
const moreKey: unique symbol = Symbol.for('mabeam.more-details')

/**
 * Outputs in a new object with details of a module's own, not enumerable; an output of such a name wins. They stay on the results
 * of programs that give these outputs as they are.
 *
 * @example withDetails({ answer: 'Paris' }, { ended: 'finished' }).ended // => 'finished'
 */
export function withDetails<O extends object, M extends object>(outputs: O, more: M): O & Omit<M, keyof O> {
  const detailed = { ...outputs }
  defineMore(detailed, more)
  return detailed as O & Omit<M, keyof O>
}

function defineMore(target: object, more: object): void {
  Object.defineProperty(target, moreKey, { value: more })
  for (const [name, value] of Object.entries(more)) {
    if (!Object.hasOwn(target, name)) Object.defineProperty(target, name, { value })
  }
}

/** Lets {@link detailsOf} tell of a result, or of the error of a run, what the run took. */
export function defineDetails(target: object, details: RunDetails): void {
  Object.defineProperty(target, detailsKey, { value: details })
}

/**
 * What the run took that gave this result, or ended with this error after it had asked a model; undefined for any other object, a copy
 * of a result or an error that came from another process too.
 *
 * @example detailsOf(await triage.run({ mail }))?.usage.costUsd
 */
export function detailsOf(result: object): RunDetails | undefined {
  if ((typeof result !== 'object' && typeof result !== 'function') || result === null) {
    throw invalidOption('detailsOf', 'result', 'what a run gave or threw', result)
  }
  const details = Object.getOwnPropertyDescriptor(result, detailsKey)?.value
  return details as RunDetails | undefined
}
