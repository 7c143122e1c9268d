/** What the journal of a tuning run says, also while another process writes it: the candidates so far, and what they took. */

import { join } from 'node:path'
import { checkOptions, readJournal, rule } from '@mabeam/foundation'
import type { Config } from '@mabeam/ml'
import { ledgerVersion, RecordReader } from '../evaluation/ledger-record.ts'
import { addRecord, type KnownCandidate, newLedgerState, unknownWork } from '../evaluation/ledger-state.ts'
import type { BudgetAmounts } from '../models/budget/budget.ts'
import { journalTooNew } from './errors.ts'
import { valuesOf } from './row-values.ts'
import type { ScoredRow } from './teleprompter.ts'
import type { Step } from './tuning-report.ts'

/** What is known of a candidate on its way. */
export interface CandidateSoFar extends Pick<Step, 'candidate' | 'rows' | 'mean' | 'errors' | 'isWhole' | 'values'> {
  /** How it was made; absent in journals of earlier releases. */
  readonly how?: string
  /** As `how`. */
  readonly settings?: Config
}

/** What is known of a run on its way. Plain JSON. */
export interface TuningSoFar {
  /** By number, those of which a row has been tried. */
  readonly candidates: readonly CandidateSoFar[]
  /** Validation rows: those that the program as given is tried on first, as many of them as have begun. */
  readonly valRows: number
  /** What ended has taken; what is under way may take `open` at worst. */
  readonly spent: BudgetAmounts
  readonly open: BudgetAmounts
  /** Wall time up to the last row. */
  readonly elapsedMs: number
}

/**
 * Reads the folder that `optimize` was given as `resume`, whether it is at work, was stopped or has finished.
 *
 * Ensures: a candidate that was tried on all validation rows is measured on those, any other on all rows that it was tried on.
 * Throws: `foundation/journal-missing`, `foundation/journal-corrupt`, `foundation/file-failed`; `dspx/journal-too-new`.
 * @example for (const { candidate, mean, rows } of (await readTuning('runs/rag')).candidates) console.log(candidate, mean, rows)
 */
export async function readTuning(path: string): Promise<TuningSoFar> {
  checkOptions('readTuning', { path }, { path: rule.string() })
  const file = join(path, 'journal.jsonl')
  const { version, records } = await readJournal(file, 'dspx-tuning')
  if (version > ledgerVersion) throw journalTooNew(file, ledgerVersion, version)
  const reader = new RecordReader()
  const state = newLedgerState()
  const tried = new TriedRows()
  for (const json of records) {
    const record = reader.read(json)
    addRecord(state, record as never)
    if (record.type === 'candidate') tried.know(record)
    if (record.type === 'row-began') tried.begin(record.key)
    if (record.type === 'row-ended') tried.end(record.key, record.row)
    if (record.type === 'batch') tried.endBatch()
  }
  return {
    candidates: tried.candidates(),
    valRows: tried.valIds.size,
    spent: state.spent,
    open: unknownWork(state).worst,
    elapsedMs: state.elapsedMs,
  }
}

/** The rows of a candidate. */
interface Tried {
  readonly rows: Map<string, ScoredRow>
  /** All validation rows, as they were when the last of them ended: later tries of the same rows are for their traces. */
  whole?: readonly ScoredRow[]
}

/** Rows by candidate. Their keys are the digest of the state, whether it was traced, and the id of the row. */
class TriedRows {
  readonly valIds = new Set<string>()
  readonly #known = new Map<string, KnownCandidate>()
  readonly #tried = new Map<string, Tried>()
  #isFirstBatch = true

  know(candidate: KnownCandidate): void {
    this.#known.set(candidate.digest, candidate)
  }

  begin(key: string): void {
    const { digest, id } = partsOf(key)
    if (!this.#tried.has(digest)) this.#tried.set(digest, { rows: new Map() })
    if (this.#isFirstBatch) this.valIds.add(id)
  }

  end(key: string, row: ScoredRow): void {
    const { digest, id } = partsOf(key)
    const tried = this.#tried.get(digest)
    if (tried === undefined) return
    tried.rows.set(id, row)
    if (!this.#isFirstBatch) this.#sumUp(tried)
  }

  /** The program as given is tried before all else. */
  endBatch(): void {
    if (!this.#isFirstBatch) return
    this.#isFirstBatch = false
    for (const tried of this.#tried.values()) this.#sumUp(tried)
  }

  #sumUp(tried: Tried): void {
    const { rows, whole } = tried
    if (whole !== undefined || rows.size < this.valIds.size) return
    const found = [...this.valIds].flatMap((id) => rows.get(id) ?? [])
    if (found.length === this.valIds.size) tried.whole = found
  }

  /** Those that nobody named are numbered as they began. */
  candidates(): CandidateSoFar[] {
    const all = [...this.#tried].map(([digest, tried], order) => this.#candidate(digest, tried, order))
    return all.flatMap((one) => one ?? []).sort((a, b) => a.candidate - b.candidate)
  }

  #candidate(digest: string, { rows, whole }: Tried, order: number): CandidateSoFar | undefined {
    if (rows.size === 0) return undefined
    const { candidate = order, how, settings } = this.#known.get(digest) ?? {}
    const counted = whole ?? [...rows.values()]
    const values = valuesOf(counted)
    return {
      candidate,
      ...(how !== undefined && { how }),
      ...(settings !== undefined && { settings }),
      rows: counted.length,
      mean: values.accuracy as number,
      errors: counted.filter(({ error }) => error !== undefined).length,
      isWhole: whole !== undefined,
      values,
    }
  }
}

function partsOf(key: string): { readonly digest: string; readonly id: string } {
  const [digest = '', , ...id] = key.split(' ')
  return { digest, id: id.join(' ') }
}
