/** Rows tried side by side: from the ledger where they are known, else by the evaluator, each durable before it counts. */

import { setMaxListeners } from 'node:events'
import { fromWireError } from '@mabeam/foundation'
import type { Example } from '../datasets/example.ts'
import { tooManyErrors } from '../evaluation/errors.ts'
import { isFailedCall } from '../evaluation/evaluation-summary.ts'
import type { Ledger } from '../evaluation/ledger.ts'
import { stateFault } from '../evaluation/state-fault.ts'
import type { Budget, BudgetAmounts, Reservation } from '../models/budget/budget.ts'
import { addAmounts, noAmounts } from '../models/budget/budget-amounts.ts'
import { BudgetEnd, isBudgetEnd, refusalOf, timeIsUp } from './budget-end.ts'
import type { BudgetTab } from './budget-tab.ts'
import type { TriedCandidate } from './candidates.ts'
import { givenRefused, invalidEvaluation } from './errors.ts'
import { type Evaluator, isUnpaid } from './evaluator.ts'
import type { ScoredRow } from './teleprompter.ts'
import type { TuningSpending } from './tuning-spending.ts'

/** A row that a candidate is to be tried on. */
export interface RowTrial {
  readonly candidate: TriedCandidate
  readonly id: string
  readonly trace: boolean
}

/** What rows are tried with. */
export interface RowTrialsOptions {
  readonly evaluator: Evaluator
  readonly spending: TuningSpending
  readonly ledger: Ledger
  readonly rows: ReadonlyMap<string, Example>
  /** Whether demonstrations may be made of the row. */
  readonly isTraining: (id: string) => boolean
  readonly seed: number
  readonly errorsMax: number
  /** Whether the evaluator is one of the caller's own: the ledger is told of its rows, and not of each of their calls. */
  readonly isCountedByRows: boolean
  readonly signal: AbortSignal
  readonly timeUp: AbortSignal
  /** Whether no further row is to be begun, since the rest of the time is for something else. */
  readonly isTimeKept: () => boolean
  readonly onRow?: (done: number, total: number) => void
}

/** Tries rows. */
export class RowTrials {
  readonly #with: RowTrialsOptions
  /** Whether a model has refused a state: then others may be refused too, and are asked their first rows first. */
  #isWary = false

  constructor(options: RowTrialsOptions) {
    this.#with = options
  }

  /**
   * Tries them, at most as many at once as the evaluator has slots, and gives each candidate its rows. A candidate that has failed by
   * its own fault is not asked the rest. When the budget ends, what is under way is waited for, since it is paid.
   *
   * Throws: what {@link isBudgetEnd} knows; `dspx/too-many-errors`; errors of the metric and the ledger; `signal.reason`.
   */
  async run(trials: readonly RowTrial[]): Promise<void> {
    const open = trials.filter((trial) => !this.#recall(trial))
    const onRefused = () => {
      this.#isWary = true
    }
    if (open.length > 0) await new Batch({ ...this.#with, onRefused }, this.#rounds(open)).run()
  }

  #rounds(open: readonly RowTrial[]): readonly (readonly RowTrial[])[] {
    const { isCountedByRows, spending } = this.#with
    // what the first row takes says what is to be set aside for the others
    if (isCountedByRows && spending.isRowUnknown) return [open.slice(0, 1), open.slice(1)]
    if (!this.#isWary) return [open]
    const { first = [], rest = [] } = Object.groupBy(open, ({ candidate, id }) =>
      candidate.watch.isLeading(id) ? 'first' : 'rest',
    )
    return [first, rest]
  }

  #recall({ candidate, id, trace }: RowTrial): boolean {
    const { ledger } = this.#with
    const known =
      ledger.row(keyOf({ candidate, id, trace: true })) ??
      (trace ? undefined : ledger.row(keyOf({ candidate, id, trace })))
    if (known === undefined) return false
    if (stateFault(known) !== undefined) this.#isWary = true
    candidate.rows.set(id, known)
    return true
  }
}

function keyOf({ candidate, id, trace }: RowTrial): string {
  return `${candidate.digest} ${trace ? 'traced' : 'plain'} ${id}`
}

/** A row, and what it took, where the ledger is not told of its calls. */
interface PaidTrial {
  readonly trial: RowTrial
  readonly taken: BudgetAmounts | undefined
}

/**
 * How such rows are paid: what each may take as far as is known, and what was set aside for all together, or what their calls
 * spend from.
 */
type Paying = { readonly worst: BudgetAmounts } & (
  | { readonly reservation: Reservation; readonly tab?: never }
  | { readonly tab: BudgetTab }
)

interface BatchOptions extends RowTrialsOptions {
  /** Called when a model refuses the state of a row. */
  readonly onRefused: () => void
}

class Batch {
  readonly #with: BatchOptions
  readonly #rounds: readonly (readonly RowTrial[])[]
  readonly #total: number
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  /** Rows that a call is given at most. */
  #rowsPerCall = 1
  #open: readonly RowTrial[] = []
  /** Rows whose call failed: durable only with the batch, so that one which fails as a whole is tried again. */
  readonly #failed: (PaidTrial & { readonly row: ScoredRow })[] = []
  #next = 0
  #done = 0
  #isSpent = false
  /** Of the first that was refused. */
  #refusal: string | undefined

  /** Each round begins when the one before it is done. */
  constructor(options: BatchOptions, rounds: readonly (readonly RowTrial[])[]) {
    this.#with = options
    this.#rounds = rounds
    this.#total = rounds.reduce((sum, { length }) => sum + length, 0)
    const { signal, timeUp, ledger } = options
    this.#signal = AbortSignal.any([signal, timeUp, ledger.failure, this.#stop.signal])
    setMaxListeners(0, this.#signal)
  }

  async run(): Promise<void> {
    const { ledger } = this.#with
    for (const round of this.#rounds) if (!this.#isSpent) await this.#round(round)
    for (const { trial, row, taken } of this.#failed) await ledger.rowEnded(keyOf(trial), row, taken)
    if (this.#isSpent) throw new BudgetEnd('the budget does not pay for the next row', this.#refusal)
  }

  async #round(open: readonly RowTrial[]): Promise<void> {
    const { evaluator, signal, ledger } = this.#with
    this.#open = open
    this.#next = 0
    this.#rowsPerCall = evenShare(open.length, evaluator)
    const lanes = Array.from({ length: Math.min(evaluator.slots, open.length) }, () => this.#lane())
    await Promise.all(lanes)
    signal.throwIfAborted()
    ledger.failure.throwIfAborted()
    this.#stop.signal.throwIfAborted()
  }

  /** Takes the next rows as soon as it is free; the first error stops the other lanes. */
  async #lane(): Promise<void> {
    try {
      while (this.#hasMore()) {
        this.#signal.throwIfAborted()
        await this.#call()
      }
    } catch (thrown) {
      if (!isBudgetEnd(thrown)) return this.#stop.abort(thrown)
      this.#isSpent = true
      this.#refusal ??= refusalOf(thrown)
    }
  }

  /** Passes over what need not be asked any more. */
  #hasMore(): boolean {
    const from = this.#next
    while (hasFailed(this.#open[this.#next])) this.#next++
    if (this.#next > from) this.#tell(this.#next - from)
    return this.#next < this.#open.length && !this.#isSpent
  }

  #tell(rows: number): void {
    this.#done += rows
    this.#with.onRow?.(this.#done, this.#total)
  }

  async #call(): Promise<void> {
    if (this.#with.isTimeKept()) throw timeIsUp()
    if (!this.#with.isCountedByRows) return await this.#try(this.#take(this.#rowsPerCall))
    const { spending, evaluator } = this.#with
    if (evaluator.takesBudget) {
      return await this.#try(this.#take(this.#rowsPerCall), { worst: spending.worstRow, tab: spending.newTab() })
    }
    const trials = this.#take(Math.min(this.#rowsPerCall, Math.max(1, spending.rowsAffordable())))
    const worst = spending.worstRow
    const reservation = await spending.reserveRows(trials.length, this.#signal)
    await this.#try(trials, { worst, reservation })
  }

  /** The next rows of one state. */
  #take(most: number): readonly RowTrial[] {
    const from = this.#next++
    const { candidate, trace } = this.#open[from] as RowTrial
    const isAlike = (one: RowTrial | undefined) => one?.candidate === candidate && one.trace === trace
    while (this.#next < from + most && isAlike(this.#open[this.#next])) this.#next++
    return this.#open.slice(from, this.#next)
  }

  async #try(trials: readonly RowTrial[], paying?: Paying): Promise<void> {
    const { evaluator, spending, ledger, rows, seed, isTraining } = this.#with
    const [first] = trials as readonly [RowTrial]
    const examples = trials.map(({ id }) => rows.get(id) as Example)
    const trainIds = trials.map(({ id }) => id).filter(isTraining)
    const how = { seed, signal: this.#signal, trace: first.trace, ...(trainIds.length > 0 && { trainIds }) }
    const evaluated = (budget: Budget) =>
      evaluator.evaluate(first.candidate.state, examples, evaluator.takesBudget ? { ...how, budget } : how)
    await Promise.all(trials.map((trial) => ledger.rowBegan(keyOf(trial), paying?.worst)))
    const given = await (paying?.tab ? spending.withinTab(paying.tab, evaluated) : spending.within(evaluated))
    const taken = given.map(({ usage }) => (paying === undefined ? undefined : spending.takenByRow(usage)))
    if (paying) await this.#settle(paying, given, taken)
    const ended = await Promise.all(trials.map((trial, i) => this.#end({ trial, taken: taken[i] }, given[i])))
    if (ended.includes('unpaid')) throw new BudgetEnd('the budget does not pay for the row')
  }

  /** Rows that the budget cut short are not kept, but what they took is. */
  async #settle(
    paying: Paying,
    given: readonly ScoredRow[],
    taken: readonly (BudgetAmounts | undefined)[],
  ): Promise<void> {
    const sumOf = (some: typeof taken) =>
      some.reduce<BudgetAmounts>((sum, one = noAmounts) => addAmounts(sum, one), noAmounts)
    if (paying.tab === undefined) return paying.reservation.settle(sumOf(taken))
    const kept = taken.filter((_, i) => !isUnpaid(given[i] as ScoredRow))
    await this.#with.spending.keepBeyond(paying.tab, sumOf(kept))
  }

  async #end(at: PaidTrial, row: ScoredRow | undefined): Promise<'ended' | 'unpaid'> {
    const { ledger, onRefused } = this.#with
    const { trial, taken } = at
    if (row?.id !== trial.id) throw invalidEvaluation(trial.id, row?.id)
    if (isUnpaid(row)) {
      this.#refusal ??= row.error?.message
      await ledger.rowLeft(keyOf(trial))
      return 'unpaid'
    }
    const isRefused = stateFault(row) !== undefined
    if (isRefused) onRefused()
    // a model that refuses a state says something of that state alone, but nothing can be compared with one that was given so
    if (isFailedCall(row) && (!isRefused || trial.candidate.number === 0)) this.#bear(at, row)
    else await ledger.rowEnded(keyOf(trial), row, taken)
    trial.candidate.rows.set(trial.id, row)
    this.#tell(1)
    return 'ended'
  }

  #bear(at: PaidTrial, row: ScoredRow): void {
    const { errorsMax } = this.#with
    const errors = this.#failed.push({ ...at, row })
    if (errors <= errorsMax) return
    const refused = this.#failed.filter((one) => stateFault(one.row) !== undefined)
    const last = refused.at(-1)?.row
    const fault = last && stateFault(last)
    if (refused.length > errorsMax && last?.error && fault) {
      throw givenRefused({ fault, refused: refused.length, errorsMax, exampleId: last.id, error: last.error })
    }
    throw tooManyErrors({
      errors,
      errorsMax,
      examples: this.#total,
      exampleId: row.id,
      cause: row.error && fromWireError(row.error),
    })
  }
}

function hasFailed(trial: RowTrial | undefined): boolean {
  return trial?.candidate.watch.failure(trial.candidate.rows) !== undefined
}

/** Rows of a call, so that as many calls as there must be give every slot the same number of rows. */
function evenShare(rows: number, { slots, rowsPerCall = 1 }: Evaluator): number {
  const rounds = Math.ceil(rows / (slots * rowsPerCall))
  return Math.ceil(rows / (slots * rounds))
}
