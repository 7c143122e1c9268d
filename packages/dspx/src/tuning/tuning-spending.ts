/** What a tuning run spends: one budget for the rows it tries and for what teleprompters ask themselves. */

import type { Budget, BudgetAmounts } from '../models/budget/budget.ts'
import { type LanguageModel, layered } from '../models/language-model.ts'
import { budgeted } from '../models/middleware/budget.ts'
import { describeModel, modelCard } from '../models/model-card.ts'
import type { Program, ProgramInputs, ProgramOutputs } from '../programs/program.ts'
import type { Result } from '../programs/result.ts'
import { enterRun } from '../programs/run-context.ts'
import type { ModelSource } from '../programs/run-options.ts'
import type { TuningAskOptions } from './teleprompter.ts'

/** What a run's money goes through. */
export interface SpendingOptions {
  readonly models: ModelSource
  readonly budget: Budget
  /** Asked by programs of teleprompters that name no model. */
  readonly model: string
  readonly signal: AbortSignal
}

/** Models that spend from the budget of the run. */
export class TuningSpending {
  readonly models: ModelSource
  readonly #options: SpendingOptions
  readonly #made = new WeakMap<LanguageModel, LanguageModel>()

  constructor(options: SpendingOptions) {
    this.#options = options
    this.models = { get: (id) => this.#spending(options.models.get(id)) }
  }

  /** Runs code whose models spend from the budget, those too that programs name themselves. */
  within<T>(code: () => T): T {
    return enterRun({ models: this.models, budget: this.#options.budget }, code)
  }

  /** What all that has ended leaves. */
  left(): BudgetAmounts {
    const { limits, spent } = this.#options.budget
    return {
      calls: Math.max(0, limits.calls - spent.calls),
      tokens: Math.max(0, limits.tokens - spent.tokens),
      usd: Math.max(0, limits.usd - spent.usd),
    }
  }

  ask<P extends Program>(
    program: P,
    inputs: ProgramInputs<P>,
    { lm = this.#options.model, temperature, seed }: TuningAskOptions = {},
  ): Promise<Result<ProgramOutputs<P>>> {
    const { signal } = this.#options
    const asked = {
      lm: typeof lm === 'string' ? lm : this.#spending(lm),
      signal,
      ...(temperature !== undefined && { temperature }),
      ...(seed !== undefined && { seed }),
    }
    return this.within(() => program.run(inputs, asked))
  }

  /** The model under the budget, once. */
  #spending(model: LanguageModel): LanguageModel {
    const known = this.#made.get(model)
    if (known !== undefined) return known
    const { budget } = this.#options
    const under = budgeted(model, budget)
    const { scope = '', ...card } = modelCard(under) ?? {}
    // A program that is run within the budget must not pay twice.
    const made = layered(under, {
      doGenerate: async (call) => under.doGenerate(call),
      doStream: async (call) => under.doStream(call),
    })
    describeModel(made, { ...card, scope, withBudget: (other) => (other === budget ? made : budgeted(under, other)) })
    this.#made.set(model, made)
    return made
  }
}
