/**
 * When a state has failed by its own fault: a model refuses its first rows, or more of its rows than are borne. It is read from its rows
 * in the order they were asked in, so that it is the same however many were under way, and when the work is resumed.
 */

import type { WireError } from '@mabeam/foundation'
import { type StateFault, stateFault } from '../evaluation/state-fault.ts'
import type { ScoredRow } from './teleprompter.ts'

/** Why a state cannot be used. */
export interface CandidateFailure {
  readonly fault: StateFault
  /** How many rows it took to tell. */
  readonly rows: number
  /** Of the last of them that was refused. */
  readonly error: WireError
}

/** When a state has failed. */
export interface FailureLimits {
  /** Refused rows that are borne; one more, and it has failed. */
  readonly refusedMax: number
  /** It has failed too when so many rows were refused, and none before them was not. */
  readonly leading: number
}

/** The most rows that a state is asked before it is given up because a model refuses them all. */
export const leadingRowsMax = 10

/** Reads the rows of one candidate, each once. */
export class FailureWatch {
  readonly #limits: FailureLimits | undefined
  readonly #order: string[] = []
  readonly #places = new Map<string, number>()
  #read = 0
  #refused = 0
  #failure: CandidateFailure | undefined

  /** Without limits it never fails. */
  constructor(limits: FailureLimits | undefined) {
    this.#limits = limits
  }

  /** Told of rows before they are asked. */
  asks(ids: readonly string[]): void {
    for (const id of ids) {
      if (this.#places.has(id)) continue
      this.#places.set(id, this.#order.length)
      this.#order.push(id)
    }
  }

  /** Why it has failed; undefined as long as its rows, as far as they are known without a gap, do not say so. */
  failure(rows: ReadonlyMap<string, ScoredRow>): CandidateFailure | undefined {
    if (this.#limits === undefined) return undefined
    while (this.#failure === undefined && this.#read < this.#order.length) {
      const row = rows.get(this.#order[this.#read] as string)
      if (row === undefined) break
      this.#read++
      this.#count(row, this.#limits)
    }
    return this.#failure
  }

  #count(row: ScoredRow, { refusedMax, leading }: FailureLimits): void {
    const fault = stateFault(row)
    if (fault === undefined || row.error === undefined) return
    const refused = ++this.#refused
    if (refused <= refusedMax && !(refused === leading && this.#read === leading)) return
    this.#failure = { fault, rows: this.#read, error: row.error }
  }

  /** Whether the row is one of the first, by which a state can be given up. */
  isLeading(id: string): boolean {
    return (this.#places.get(id) ?? 0) < (this.#limits?.leading ?? 0)
  }

  /** Whether the row is one of those that told why it has failed, or it has not failed. */
  isCounted(id: string): boolean {
    return this.#failure === undefined || (this.#places.get(id) ?? Number.POSITIVE_INFINITY) < this.#failure.rows
  }
}
