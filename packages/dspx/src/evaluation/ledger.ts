/**
 * The ledger of work that may be killed: which rows were evaluated, what models answered and what was spent, in a journal. What
 * is in it is never asked again.
 */

import { join } from 'node:path'
import { type Clock, hasCode, type Journal, type Json, openJournal } from '@mabeam/foundation'
import type { Budget, BudgetAmounts } from '../models/budget/budget.ts'
import { addAmounts, noAmounts } from '../models/budget/budget-amounts.ts'
import { watchedBudget } from '../models/budget/watched-budget.ts'
import { resumeMismatch } from './errors.ts'
import type { EvaluatedExample } from './evaluation-summary.ts'
import { ledgerVersion, RecordReader, RecordWriter } from './ledger-record.ts'
import {
  addRecord,
  type KnownCandidate,
  type LedgerDigests,
  type LedgerRecord,
  type LedgerState,
  newLedgerState,
  type UnknownWork,
  unknownWork,
} from './ledger-state.ts'

/** Where finished work is looked up and kept. */
export interface Ledger extends AsyncDisposable {
  /** Whether anything is kept. */
  readonly isKept: boolean
  /** Whether there was an earlier run. */
  readonly isResumed: boolean
  /** Spent by earlier runs: what ended, and the worst case of what nobody knows. */
  readonly spentBefore: BudgetAmounts
  /** What was under way when the last run ended. */
  readonly unknown: UnknownWork
  /** Wall time of earlier runs, up to the last thing that ended in them. */
  readonly elapsedBeforeMs: number
  /** Rows of earlier runs that were not asked again. */
  readonly rowsReused: number
  /** Aborts when something cannot be kept: then nothing more may be asked. */
  readonly failure: AbortSignal
  row(key: string): EvaluatedExample | undefined
  /** Resolves when it is durable that work on a row begins. `worst`: what it may take, where its calls are not kept by `keeping`. */
  rowBegan(key: string, worst?: BudgetAmounts): Promise<void>
  /** Resolves when the row is durable, with what it took, where its calls are not kept by `keeping`. */
  rowEnded(key: string, row: EvaluatedExample, taken?: BudgetAmounts): Promise<void>
  /** Resolves when it is durable that the row is not worked on any more. */
  rowLeft(key: string): Promise<void>
  answer(key: string): string | undefined
  answered(key: string, text: string): Promise<void>
  /** Says what a candidate is, for who reads the journal; durable with what is told next. */
  candidate(is: KnownCandidate): void
  /** Whether the batch of this number is the one of the run before; true where there was none. */
  batch(batch: number, digest: string): boolean
  /** The budget, whose reservations are kept: durable before a call is made. */
  keeping(budget: Budget): Budget
  /** Resolves when it is durable that calls which are kept in no other way have taken so much. */
  spent(taken: BudgetAmounts): Promise<void>
}

/** Keeps nothing: for work that is lost with its process. */
export const noLedger: Ledger = {
  isKept: false,
  isResumed: false,
  spentBefore: noAmounts,
  unknown: { rows: 0, calls: 0, worst: noAmounts },
  elapsedBeforeMs: 0,
  rowsReused: 0,
  failure: new AbortController().signal,
  row: () => undefined,
  rowBegan: async () => {},
  rowEnded: async () => {},
  rowLeft: async () => {},
  answer: () => undefined,
  answered: async () => {},
  candidate: () => {},
  batch: () => true,
  keeping: (budget) => budget,
  spent: async () => {},
  async [Symbol.asyncDispose]() {},
}

/** Where a ledger is, and what it is of. */
export interface LedgerOptions {
  /** Who goes on with work: names it in errors. */
  readonly owner: string
  /** A folder. */
  readonly path: string
  readonly kind: 'tuning' | 'evaluation'
  readonly digests: LedgerDigests
  readonly clock: Clock
}

/**
 * Opens a ledger: a new one, or that of work which is gone on with.
 *
 * Throws: `dspx/resume-mismatch` naming what is another than before; `foundation/journal-locked` while another process has it;
 * `foundation/journal-corrupt`, `-version`, `foundation/file-failed`.
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const path = join(options.path, 'journal.jsonl')
  const kind = `dspx-${options.kind}`
  const opened = await openRecords(path, kind, ledgerVersion).catch((thrown) => {
    // what an earlier release began is gone on with as it is
    if (!hasCode(thrown, 'foundation/journal-version') || thrown.data.got !== 1) throw thrown
    return openRecords(path, kind, 1)
  })
  const { journal, state } = opened
  try {
    if (state.digests !== undefined) refuseOthers(options, state.digests)
    else await journal.append(json({ type: 'header', digests: options.digests }))
  } catch (thrown) {
    await journal.close()
    throw thrown
  }
  return new JournaledLedger(opened, options.clock)
}

/** A journal and what stands in it. */
interface OpenedRecords {
  readonly journal: Journal
  readonly state: LedgerState
  /** Absent where records are written in full. */
  readonly writer: RecordWriter | undefined
}

async function openRecords(path: string, kind: string, version: number): Promise<OpenedRecords> {
  const state = newLedgerState()
  const reader = new RecordReader()
  const onRecord = (record: Json) => addRecord(state, json(reader.read(record)))
  const journal = await openJournal({ path, kind, version, onRecord })
  return { journal, state, writer: version === 1 ? undefined : new RecordWriter(reader) }
}

function refuseOthers({ owner, path, digests }: LedgerOptions, before: LedgerDigests): void {
  const names = [...new Set([...Object.keys(before), ...Object.keys(digests)])]
  const others = names.filter((name) => before[name] !== digests[name])
  if (others.length > 0) throw resumeMismatch(owner, path, others)
}

class JournaledLedger implements Ledger {
  readonly isKept = true
  readonly isResumed: boolean
  readonly spentBefore: BudgetAmounts
  readonly unknown: UnknownWork
  readonly elapsedBeforeMs: number
  rowsReused = 0
  readonly #journal: Journal
  readonly #state: LedgerState
  readonly #writer: RecordWriter | undefined
  readonly #clock: Clock
  readonly #startMs: number
  readonly #failed = new AbortController()
  #calls: number

  constructor({ journal, state, writer }: OpenedRecords, clock: Clock) {
    this.#journal = journal
    this.#state = state
    this.#writer = writer
    this.#clock = clock
    this.#startMs = clock.monotonicMs()
    this.#calls = state.calls
    this.isResumed = state.digests !== undefined
    this.unknown = unknownWork(state)
    this.spentBefore = addAmounts(state.spent, this.unknown.worst)
    this.elapsedBeforeMs = state.elapsedMs
  }

  get failure(): AbortSignal {
    return this.#failed.signal
  }

  row(key: string): EvaluatedExample | undefined {
    const row = this.#state.rows.get(key)
    if (row !== undefined) this.rowsReused++
    return row
  }

  async rowBegan(key: string, worst?: BudgetAmounts): Promise<void> {
    await this.#append({ type: 'row-began', key, ...(worst && { worst }) })
  }

  async rowEnded(key: string, row: EvaluatedExample, taken?: BudgetAmounts): Promise<void> {
    await this.#append({ type: 'row-ended', key, row, ...(taken && { taken }), elapsedMs: this.#elapsedMs() })
  }

  async rowLeft(key: string): Promise<void> {
    await this.#append({ type: 'row-left', key })
  }

  answer(key: string): string | undefined {
    return this.#state.answers.get(key)
  }

  async answered(key: string, text: string): Promise<void> {
    await this.#append({ type: 'answer', key, text, elapsedMs: this.#elapsedMs() })
  }

  candidate(is: KnownCandidate): void {
    if (this.#writer?.knows(is.candidate, is.digest) !== false) return
    this.#append({ type: 'candidate', ...is }).catch(() => {}) // the failure has been told by its signal
  }

  batch(batch: number, digest: string): boolean {
    const before = this.#state.batches.get(batch)
    if (before === digest) return true
    this.#append({ type: 'batch', batch, digest }).catch(() => {}) // the failure has been told by its signal
    return before === undefined
  }

  keeping(budget: Budget): Budget {
    return watchedBudget(budget, (modelId, worst) => this.#callBegan(modelId, worst))
  }

  async spent(taken: BudgetAmounts): Promise<void> {
    const ended = await this.#callBegan('rows', taken)
    ended(taken)
  }

  async #callBegan(modelId: string, worst: BudgetAmounts): Promise<(taken: BudgetAmounts) => void> {
    const call = this.#calls++
    await this.#append({ type: 'call-began', call, modelId, worst })
    return (taken) => {
      this.#append({ type: 'call-ended', call, taken }).catch(() => {}) // the failure has been told by its signal
    }
  }

  async #append(record: LedgerRecord): Promise<void> {
    try {
      await this.#journal.append(this.#writer?.write(record) ?? json(record))
    } catch (thrown) {
      this.#failed.abort(thrown)
      throw thrown
    }
  }

  #elapsedMs(): number {
    return this.elapsedBeforeMs + this.#clock.monotonicMs() - this.#startMs
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#journal.close()
  }
}

function json(record: LedgerRecord): Json {
  return record as unknown as Json
}
