/** The states that were tried, what each did on each row, and the evidence that teleprompters were given. */

import { assert, type Json } from '@mabeam/foundation'
import { digestOf } from '../canonical-json.ts'
import { noUsage } from '../models/usage.ts'
import { type ProgramState, withDemosAtMost } from '../programs/program-state.ts'
import { type CandidateFailure, type FailureLimits, FailureWatch } from './candidate-failure.ts'
import { valuesOf } from './row-values.ts'
import type { Candidate, Evidence, Origin, ScoredRow } from './teleprompter.ts'

/** A candidate and what is known of it. */
export interface TriedCandidate extends Candidate {
  /** Of the state: equal states have one. */
  readonly digest: string
  /** By the id of the row. */
  readonly rows: Map<string, ScoredRow>
  readonly watch: FailureWatch
}

/** A candidate that cannot be used, by its number. */
export interface FailedCandidate extends CandidateFailure {
  readonly candidate: number
}

/** All candidates of a run, by number. */
export class Candidates {
  readonly all: TriedCandidate[] = []
  readonly evidence: Evidence[] = []
  readonly #byDigest = new Map<string, TriedCandidate>()
  readonly #wholes = new Map<number, Evidence>()
  readonly #valIds: readonly string[]
  readonly #limits: FailureLimits | undefined

  /** Without limits no candidate fails. The program as given never does: what refuses it ends the run. */
  constructor(valIds: readonly string[], limits?: FailureLimits) {
    this.#valIds = valIds
    this.#limits = limits
  }

  /** The candidate of a state: the one there is, or a new one with the next number. */
  of(state: ProgramState, origin: Origin): TriedCandidate {
    const digest = digestOf(shownState(state))
    const known = this.#byDigest.get(digest)
    if (known !== undefined) return known
    const number = this.all.length
    const watch = new FailureWatch(number === 0 ? undefined : this.#limits)
    const made: TriedCandidate = { number, state, origin, digest, rows: new Map(), watch }
    this.#byDigest.set(digest, made)
    this.all.push(made)
    return made
  }

  /** Why a candidate cannot be used; undefined while its rows do not say so. */
  failed({ number, rows, watch }: TriedCandidate): FailedCandidate | undefined {
    const failure = watch.failure(rows)
    return failure && { candidate: number, ...failure }
  }

  /** Forgets the rows that a failed candidate was asked beyond those that told: how many there are is chance. */
  forgetUncounted(candidate: TriedCandidate): void {
    if (this.failed(candidate) === undefined) return
    for (const id of candidate.rows.keys()) if (!candidate.watch.isCounted(id)) candidate.rows.delete(id)
  }

  /** Sums up what a candidate did on rows that were all tried, or need not be since it has failed. */
  conclude(candidate: TriedCandidate, ids: readonly string[]): Evidence {
    const failure = this.failed(candidate)
    const rows = ids.map((id) => candidate.rows.get(id) ?? refusedRow(id, failure))
    const evidence = evidenceOf(candidate.number, rows, this.isWhole(ids))
    const told = failure === undefined ? evidence : { ...evidence, failure: failure.error }
    this.evidence.push(told)
    return told
  }

  /** Whether ids are those of all validation rows, in whatever order. */
  isWhole(ids: readonly string[]): boolean {
    return ids.length === this.#valIds.length && new Set([...ids, ...this.#valIds]).size === ids.length
  }

  /** The evidence of a candidate on all validation rows; undefined where one is missing, and of one that has failed. */
  whole(candidate: TriedCandidate): Evidence | undefined {
    if (this.failed(candidate) !== undefined) return undefined
    const known = this.#wholes.get(candidate.number)
    if (known !== undefined || candidate.rows.size < this.#valIds.length) return known
    const rows = this.#valIds.flatMap((id) => candidate.rows.get(id) ?? [])
    if (rows.length < this.#valIds.length) return undefined
    const evidence = evidenceOf(candidate.number, rows, true)
    this.#wholes.set(candidate.number, evidence)
    return evidence
  }

  /** The evidence of a candidate on all rows that it was tried on. */
  soFar({ number, rows }: TriedCandidate): Evidence {
    return evidenceOf(number, [...rows.values()], false)
  }

  /** The evidence of all candidates that were tried on all validation rows, by number. */
  wholes(): Evidence[] {
    return this.all.flatMap((one) => this.whole(one) ?? [])
  }
}

/** A row that was not asked, since the model refuses the state. */
function refusedRow(id: string, failure: CandidateFailure | undefined): ScoredRow {
  assert(failure, `row ${id} was neither tried nor refused`)
  return { id, score: 0, error: failure.error, usage: noUsage }
}

/** What models get to see: demonstrations that are not shown make no other state. */
function shownState({ settings: { demos: shown, ...settings }, predictors }: ProgramState): Json {
  const count = typeof shown === 'number' ? shown : Number.POSITIVE_INFINITY
  const cut = Object.entries(predictors).map(([name, one]) => [name, withDemosAtMost(one, count)])
  return JSON.parse(JSON.stringify({ settings, predictors: Object.fromEntries(cut) })) as Json
}

function evidenceOf(candidate: number, rows: readonly ScoredRow[], isWhole: boolean): Evidence {
  const values = valuesOf(rows)
  return { candidate, rows, mean: values.accuracy as number, values, isWhole }
}
