/**
 * What a journal of evaluated rows and calls says, as a pure fold over its records: which rows and answers there are, what was
 * spent, and what was under way when the process ended.
 */

import type { Json } from '@mabeam/foundation'
import type { Config } from '@mabeam/ml'
import type { BudgetAmounts } from '../models/budget/budget.ts'
import { addAmounts, noAmounts } from '../models/budget/budget-amounts.ts'
import type { EvaluatedExample } from './evaluation-summary.ts'

/** What must be the same for work to be gone on with, by what it is of. */
export type LedgerDigests = { readonly [what: string]: string }

/** The records of a ledger, in its journal. */
export type LedgerRecord =
  | { readonly type: 'header'; readonly digests: LedgerDigests }
  /** Work on a row begins; whoever works on it may be anywhere. */
  | { readonly type: 'row-began'; readonly key: string; readonly worst?: BudgetAmounts }
  | {
      readonly type: 'row-ended'
      readonly key: string
      readonly row: EvaluatedExample
      readonly taken?: BudgetAmounts
      readonly elapsedMs: number
    }
  /** Work on a row was given up before anything was asked that is not told of by itself. */
  | { readonly type: 'row-left'; readonly key: string }
  /** A call of a model is about to be made, with what it may take at worst. */
  | { readonly type: 'call-began'; readonly call: number; readonly modelId: string; readonly worst: BudgetAmounts }
  | { readonly type: 'call-ended'; readonly call: number; readonly taken: BudgetAmounts }
  /** The answer to a call that is not of a row. */
  | { readonly type: 'answer'; readonly key: string; readonly text: string; readonly elapsedMs: number }
  /** A candidate is about to be tried: what it is, for who reads the journal. The keys of its rows begin with the digest. */
  | ({ readonly type: 'candidate' } & KnownCandidate)
  /** What was proposed as the batch of this number, as a digest. */
  | { readonly type: 'batch'; readonly batch: number; readonly digest: string }

/** What a ledger is told of a candidate. Plain JSON. */
export interface KnownCandidate {
  readonly candidate: number
  readonly digest: string
  readonly how: string
  readonly settings: Config
}

/** Calls whose end nobody knows. Plain JSON. */
export interface UnknownWork {
  /** Rows that were begun and did not end; they are tried again. */
  readonly rows: number
  /** Calls that may have been made: what they may have taken at worst counts as spent. */
  readonly calls: number
  readonly worst: BudgetAmounts
}

/** A call that has begun. */
interface OpenCall {
  readonly worst: BudgetAmounts
}

/** What is known. Changed in place by {@link addRecord} alone: a run may hold 100,000 rows. */
export interface LedgerState {
  digests: LedgerDigests | undefined
  readonly rows: Map<string, EvaluatedExample>
  /** With what they may take at worst, where their calls are not told of by themselves. */
  readonly openRows: Map<string, BudgetAmounts>
  readonly openCalls: Map<number, OpenCall>
  readonly answers: Map<string, string>
  readonly batches: Map<number, string>
  spent: BudgetAmounts
  calls: number
  elapsedMs: number
}

/** Nothing is known. */
export function newLedgerState(): LedgerState {
  return {
    digests: undefined,
    rows: new Map(),
    openRows: new Map(),
    openCalls: new Map(),
    answers: new Map(),
    batches: new Map(),
    spent: noAmounts,
    calls: 0,
    elapsedMs: 0,
  }
}

/** Adds what a record says. Records of a kind that this release does not know are passed over. */
export function addRecord(state: LedgerState, json: Json): void {
  const record = json as unknown as LedgerRecord
  switch (record.type) {
    case 'header':
      state.digests = record.digests
      break
    case 'row-began':
      state.openRows.set(record.key, record.worst ?? noAmounts)
      break
    case 'row-ended':
      state.openRows.delete(record.key)
      state.rows.set(record.key, record.row)
      if (record.taken) state.spent = addAmounts(state.spent, record.taken)
      state.elapsedMs = Math.max(state.elapsedMs, record.elapsedMs)
      break
    case 'row-left':
      state.openRows.delete(record.key)
      break
    case 'call-began':
      state.openCalls.set(record.call, { worst: record.worst })
      state.calls = Math.max(state.calls, record.call + 1)
      break
    case 'call-ended':
      if (state.openCalls.delete(record.call)) state.spent = addAmounts(state.spent, record.taken)
      break
    case 'answer':
      state.answers.set(record.key, record.text)
      state.elapsedMs = Math.max(state.elapsedMs, record.elapsedMs)
      break
    case 'batch':
      state.batches.set(record.batch, record.digest)
      break
  }
}

/** What was under way when the last record was written. */
export function unknownWork({ openRows, openCalls }: LedgerState): UnknownWork {
  let worst = noAmounts
  for (const call of openCalls.values()) worst = addAmounts(worst, call.worst)
  let calls = openCalls.size
  for (const row of openRows.values()) {
    worst = addAmounts(worst, row)
    calls += row.calls
  }
  return { rows: openRows.size, calls, worst }
}
