/** What a tuning run spends: one budget for the rows it tries and for what teleprompters ask themselves. */

import type { Telemetry } from '@mabeam/foundation'
import type { Ledger } from '../evaluation/ledger.ts'
import { takenBy } from '../evaluation/ledger-record.ts'
import type { Budget, BudgetAmounts, Reservation } from '../models/budget/budget.ts'
import { type LanguageModel, layered, type ModelCall } from '../models/language-model.ts'
import { budgeted } from '../models/middleware/budget.ts'
import { describeModel, modelCard } from '../models/model-card.ts'
import { failureMiddleware } from '../models/providers/provider-failure.ts'
import { addUsage, noUsage, type Usage } from '../models/usage.ts'
import type { Program, ProgramInputs, ProgramOutputs } from '../programs/program.ts'
import type { Result } from '../programs/result.ts'
import { enterRun } from '../programs/run-context.ts'
import type { ModelSource } from '../programs/run-options.ts'
import { BudgetTab } from './budget-tab.ts'
import { ownCalls } from './own-calls.ts'
import type { TuningAskOptions } from './teleprompter.ts'

/** What a run's money goes through. */
export interface SpendingOptions {
  readonly models: ModelSource
  /** What this run may spend; the ledger is told of every call. */
  readonly budget: Budget
  /** The same, but the ledger is told of nothing: for rows whose calls are made elsewhere. */
  readonly rowBudget: Budget
  /** What it and the runs before it may spend together. */
  readonly limits: BudgetAmounts
  readonly ledger: Ledger
  /** Asked by programs of teleprompters that name no model. */
  readonly model: string
  /** Of an answer, where a call does not say it itself. */
  readonly maxOutputTokens: number | undefined
  readonly signal: AbortSignal
  /** Of runs that end before what works in them. */
  readonly telemetry: Telemetry
}

/** Models that spend from the budget of the run. */
export class TuningSpending {
  /** For rows. */
  readonly models: ModelSource
  /** For teleprompters: answers are kept in the ledger. */
  readonly ownModels: ModelSource
  readonly #options: SpendingOptions
  readonly #made = new WeakMap<LanguageModel, LanguageModel>()
  readonly #own = new WeakMap<LanguageModel, LanguageModel>()
  readonly #keeping: (model: LanguageModel) => LanguageModel
  #ownUsage = noUsage
  #rowUsage = noUsage
  /** By part; a row asks at least once. */
  #dearestRow: BudgetAmounts = { calls: 1, tokens: 0, usd: 0 }

  constructor(options: SpendingOptions) {
    this.#options = options
    const onUsage = (usage: Usage) => {
      this.#ownUsage = addUsage(this.#ownUsage, usage)
    }
    this.#keeping = ownCalls({ ledger: options.ledger, onUsage })
    this.models = { get: (id) => this.#spending(options.models.get(id)) }
    this.ownModels = { get: (id) => this.own(options.models.get(id)) }
  }

  /** Of what teleprompters asked themselves. */
  get ownUsage(): Usage {
    return this.#ownUsage
  }

  /** Runs code whose models spend from the budget, those too that programs name themselves. It is given what it spends from. */
  within<T>(code: (budget: Budget) => T): T {
    const { budget, telemetry } = this.#options
    return enterRun({ models: this.models, budget, telemetry }, () => code(budget))
  }

  /**
   * The same for calls of rows of which the ledger is not told one by one: that would be two records of each, the first waited for.
   * It is told of the rows, and of what they do not say by {@link keepBeyond}.
   */
  withinTab<T>(tab: BudgetTab, code: (budget: Budget) => T): T {
    const { models, telemetry } = this.#options
    return enterRun({ models, budget: tab.budget, telemetry }, () => code(tab.budget))
  }

  /** What rows of one call of an evaluator spend from. */
  newTab(): BudgetTab {
    return new BudgetTab(this.#options.rowBudget)
  }

  /** Resolves when it is durable what was taken beyond what the rows say. */
  async keepBeyond(tab: BudgetTab, told: BudgetAmounts): Promise<void> {
    const rest = tab.beyond(told)
    if (rest !== undefined) await this.#options.ledger.spent(rest)
  }

  /** Counts a row whose evidence is given. */
  countRow(usage: Usage): void {
    this.#dearestRow = dearer(this.#dearestRow, takenBy(usage))
    this.#rowUsage = addUsage(this.#rowUsage, usage)
  }

  /** What a row may take whose calls are not made through the budget: as much as the dearest so far by what rows say, at least a call. */
  get worstRow(): BudgetAmounts {
    return this.#dearestRow
  }

  /** Whether nothing can be set aside for such a row, though the budget limits what it takes: none has said yet what it took. */
  get isRowUnknown(): boolean {
    const { limits } = this.#options
    return (
      (['tokens', 'usd'] as const).every((part) => this.#dearestRow[part] === 0) &&
      Number.isFinite(Math.min(limits.tokens, limits.usd))
    )
  }

  /**
   * Sets aside what so many such rows may take. The ledger is told of them row by row.
   *
   * Throws: `dspx/budget-exhausted`; `signal.reason`.
   */
  async reserveRows(count: number, signal: AbortSignal): Promise<Reservation> {
    const { calls, tokens, usd } = this.#dearestRow
    const worst = { calls: count * calls, tokens: count * tokens, usd: count * usd }
    return await this.#options.rowBudget.reserve('rows', worst, signal)
  }

  /** What such a row took. */
  takenByRow(usage: Usage): BudgetAmounts {
    const taken = takenBy(usage)
    this.#dearestRow = dearer(this.#dearestRow, taken)
    return taken
  }

  /** How many such rows the budget still pays for, if each takes as much as the dearest so far. */
  rowsAffordable(): number {
    const { limits, spent, reserved } = this.#options.budget
    const rows = amounts.flatMap((part) => {
      const each = this.#dearestRow[part]
      return each > 0 ? [Math.floor((limits[part] - spent[part] - reserved[part]) / each)] : []
    })
    return Math.min(...rows)
  }

  /** What all evidence and answers so far leave; see `TuningContext.budgetLeft`. */
  left(): BudgetAmounts {
    const { limits } = this.#options
    const { calls, tokens, usd } = takenBy(addUsage(this.#ownUsage, this.#rowUsage))
    return {
      calls: Math.max(0, limits.calls - calls),
      tokens: Math.max(0, limits.tokens - tokens),
      usd: Math.max(0, limits.usd - usd),
    }
  }

  ask<P extends Program>(
    program: P,
    inputs: ProgramInputs<P>,
    { lm = this.#options.model, temperature, seed }: TuningAskOptions = {},
  ): Promise<Result<ProgramOutputs<P>>> {
    const { signal, budget, telemetry } = this.#options
    const asked = {
      lm: typeof lm === 'string' ? lm : this.own(lm),
      signal,
      ...(temperature !== undefined && { temperature }),
      ...(seed !== undefined && { seed }),
    }
    return enterRun({ models: this.ownModels, budget, telemetry }, () => program.run(inputs, asked))
  }

  /** The model, whose answers are kept in the ledger. */
  own(model: LanguageModel): LanguageModel {
    const known = this.#own.get(model)
    if (known !== undefined) return known
    // a failure of a model of the AI SDK has no reason of its own, and proposals are borne by it
    const made = this.#paidOnce(failureMiddleware()(this.#keeping(this.#spending(model))), model)
    this.#own.set(model, made)
    return made
  }

  #spending(model: LanguageModel): LanguageModel {
    const known = this.#made.get(model)
    if (known !== undefined) return known
    const { budget, maxOutputTokens } = this.#options
    const under = budgeted(model, budget)
    const limited = (call: ModelCall) => (maxOutputTokens === undefined ? call : { maxOutputTokens, ...call })
    const plain = layered(under, {
      doGenerate: async (call) => under.doGenerate(limited(call)),
      doStream: async (call) => under.doStream(limited(call)),
    })
    const made = this.#paidOnce(plain, under)
    this.#made.set(model, made)
    return made
  }

  /** A program that is run within the budget must not pay twice: the model is under it already. */
  #paidOnce(made: LanguageModel, known: LanguageModel): LanguageModel {
    const { budget } = this.#options
    const { scope = '', ...card } = modelCard(known) ?? {}
    const withBudget = (other: Budget) => (other === budget ? made : budgeted(known, other))
    return describeModel(made, { ...card, scope, withBudget })
  }
}

const amounts = ['calls', 'tokens', 'usd'] as const

function dearer(one: BudgetAmounts, other: BudgetAmounts): BudgetAmounts {
  return {
    calls: Math.max(one.calls, other.calls),
    tokens: Math.max(one.tokens, other.tokens),
    usd: Math.max(one.usd, other.usd),
  }
}
