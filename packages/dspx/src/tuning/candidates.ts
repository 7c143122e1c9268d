/** The states that were tried, what each did on each row, and the evidence that teleprompters were given. */

import type { Json } from '@mabeam/foundation'
import { digestOf } from '../artefacts/canonical-json.ts'
import { type ProgramState, withDemosAtMost } from '../programs/program-state.ts'
import { valuesOf } from './row-values.ts'
import type { Candidate, Evidence, Origin, ScoredRow } from './teleprompter.ts'

/** A candidate and what is known of it. */
export interface TriedCandidate extends Candidate {
  /** Of the state: equal states have one. */
  readonly digest: string
  /** By the id of the row. */
  readonly rows: Map<string, ScoredRow>
}

/** All candidates of a run, by number. */
export class Candidates {
  readonly all: TriedCandidate[] = []
  readonly evidence: Evidence[] = []
  readonly #byDigest = new Map<string, TriedCandidate>()
  readonly #wholes = new Map<number, Evidence>()
  readonly #valIds: readonly string[]

  constructor(valIds: readonly string[]) {
    this.#valIds = valIds
  }

  /** The candidate of a state: the one there is, or a new one with the next number. */
  of(state: ProgramState, origin: Origin): TriedCandidate {
    const digest = digestOf(shownState(state))
    const known = this.#byDigest.get(digest)
    if (known !== undefined) return known
    const made: TriedCandidate = { number: this.all.length, state, origin, digest, rows: new Map() }
    this.#byDigest.set(digest, made)
    this.all.push(made)
    return made
  }

  /** Sums up what a candidate did on rows that were all tried. */
  conclude(candidate: TriedCandidate, ids: readonly string[]): Evidence {
    const rows = ids.map((id) => candidate.rows.get(id) as ScoredRow)
    const evidence = evidenceOf(candidate.number, rows, this.isWhole(ids))
    this.evidence.push(evidence)
    return evidence
  }

  /** Whether ids are those of all validation rows, in whatever order. */
  isWhole(ids: readonly string[]): boolean {
    return ids.length === this.#valIds.length && new Set([...ids, ...this.#valIds]).size === ids.length
  }

  /** The evidence of a candidate on all validation rows; undefined where one is missing. */
  whole(candidate: TriedCandidate): Evidence | undefined {
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
