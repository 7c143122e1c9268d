/**
 * What one run has asked and cost so far; shared by all questions of the run, which may be asked at the same time. What a
 * run inside of a run counts, the outer one counts too.
 */

import type { Json, MabeamError } from '@mabeam/foundation'
import { withData } from '../error-data.ts'
import { addUsage, noUsage, type Usage, usageJson } from '../models/usage.ts'
import type { Attempt, PredictorTrace } from './attempt.ts'
import { defineDetails, type RunDetails } from './result.ts'

/** Said by whom: its name is looked up when somebody reads it, since that depends on the program that ran. */
export interface Said<T extends { readonly predictor: string }> {
  /** The predictor. */
  readonly by: object
  readonly what: T
}

/** Counts calls, failed ones too, and keeps answered questions where they are wanted. */
export interface Meter {
  readonly usage: Usage
  readonly attempts: readonly Said<Attempt>[]
  readonly attemptsOmitted: number
  readonly trace: readonly Said<PredictorTrace>[]
  readonly traceOmitted: number
  /** Whether this run or one around it wants a trace. */
  readonly traces: boolean
  count(attempt: Said<Attempt>): void
  keep(trace: Said<PredictorTrace>): void
}

/** The most attempts whose particulars a run keeps; `usage` counts the others too. */
export const attemptsMax = 10_000

/** What a run keeps of its trace where nobody says otherwise. */
export const traceMaxDefault = 10_000

/** What a run keeps. */
export interface MeterOptions {
  /** Whether questions that were answered are kept. @default false */
  readonly trace?: boolean | undefined
  /** How many of them. @default traceMaxDefault */
  readonly traceMax?: number | undefined
}

/** A meter at zero, inside of another where there is one. */
export function newMeter(options: MeterOptions, outer?: Meter): Meter {
  return new RunMeter(options, outer)
}

/** A part of a run that is one try of a module: what it counts, the run around it counts as that of try `index`. */
export function meterOfTry(outer: Meter, index: number): Meter {
  return new TryMeter(outer, index)
}

class RunMeter implements Meter {
  usage = noUsage
  attemptsOmitted = 0
  readonly attempts: Said<Attempt>[] = []
  traceOmitted = 0
  readonly trace: Said<PredictorTrace>[] = []
  readonly traces: boolean
  readonly #traceMax: number
  readonly #outer: Meter | undefined

  constructor({ trace = false, traceMax = traceMaxDefault }: MeterOptions, outer: Meter | undefined) {
    this.traces = trace || outer?.traces === true
    this.#traceMax = trace ? traceMax : Number.NaN
    this.#outer = outer
  }

  count(attempt: Said<Attempt>): void {
    this.usage = addUsage(this.usage, attempt.what.usage)
    if (this.attempts.length < attemptsMax) this.attempts.push(attempt)
    else this.attemptsOmitted++
    this.#outer?.count(attempt)
  }

  keep(trace: Said<PredictorTrace>): void {
    if (this.trace.length < this.#traceMax) this.trace.push(trace)
    else if (!Number.isNaN(this.#traceMax)) this.traceOmitted++
    this.#outer?.keep(trace)
  }
}

class TryMeter implements Meter {
  readonly #outer: Meter
  readonly #index: number

  constructor(outer: Meter, index: number) {
    this.#outer = outer
    this.#index = index
  }

  get usage() {
    return this.#outer.usage
  }

  get attempts() {
    return this.#outer.attempts
  }

  get attemptsOmitted() {
    return this.#outer.attemptsOmitted
  }

  get trace() {
    return this.#outer.trace
  }

  get traceOmitted() {
    return this.#outer.traceOmitted
  }

  get traces() {
    return this.#outer.traces
  }

  count(attempt: Said<Attempt>): void {
    this.#outer.count(ofTry(attempt, this.#index))
  }

  keep(trace: Said<PredictorTrace>): void {
    this.#outer.keep(ofTry(trace, this.#index))
  }
}

/** The outermost try stands first. */
function ofTry<T extends Attempt | PredictorTrace>({ by, what }: Said<T>, index: number): Said<T> {
  return { by, what: { ...what, tries: [index, ...(what.tries ?? [])] } }
}

/** Attempts and traces with the names that predictors have in the program that ran. */
export function named<T extends { readonly predictor: string }>(
  said: readonly Said<T>[],
  names: ReadonlyMap<object, string>,
): T[] {
  return said.map(({ by, what }) => {
    const predictor = names.get(by) ?? what.predictor
    return predictor === what.predictor ? what : { ...what, predictor }
  })
}

/** Attempts and traces under the names that predictors have themselves. */
export function whatWasSaid<T extends { readonly predictor: string }>(said: readonly Said<T>[]): T[] {
  return said.map(({ what }) => what)
}

/** How many attempts an error carries, the last ones. */
export const errorAttemptsMax = 100

/**
 * The error with what the run had asked and cost in `data`, and all of it for `detailsOf`, where it had asked anything. The trace is
 * for `detailsOf` alone: prompts would fill journals and messages.
 */
export function metered(error: MabeamError, details: RunDetails): MabeamError {
  const { usage } = details
  if (usage.calls === 0) return error
  const attempts = details.attempts.slice(-errorAttemptsMax).map(
    ({ error: fault, retriedAfter, ...attempt }): Json => ({
      ...attempt,
      usage: usageJson(attempt.usage),
      ...(fault && { error: { ...fault } }),
      ...(retriedAfter && { retriedAfter: retriedAfter.map((one) => ({ ...one })) }),
    }),
  )
  const told = withData(error, { usage: usageJson(usage), attempts })
  defineDetails(told, details)
  return told
}
