/** What the rows of one call of an evaluator take of the budget: each of their calls is set aside before it is made, and added up. */

import { addAmounts, noAmounts } from '../evaluation/ledger-state.ts'
import type { Budget, BudgetAmounts, Reservation } from '../models/budget/budget.ts'

/** Amounts of money below this are what adding in another order makes. */
const usdMin = 1e-9

/** The budget, and a sum of what was taken of it by this way. */
export class BudgetTab implements Budget {
  readonly #budget: Budget
  #taken: BudgetAmounts = noAmounts

  constructor(budget: Budget) {
    this.#budget = budget
  }

  get limits(): BudgetAmounts {
    return this.#budget.limits
  }

  get spent(): BudgetAmounts {
    return this.#budget.spent
  }

  get reserved(): BudgetAmounts {
    return this.#budget.reserved
  }

  async reserve(modelId: string, worst: BudgetAmounts, signal?: AbortSignal): Promise<Reservation> {
    const reservation = await this.#budget.reserve(modelId, worst, signal)
    let isOpen = true
    return {
      settle: (taken) => {
        reservation.settle(taken)
        if (isOpen) this.#taken = addAmounts(this.#taken, counted(taken, worst))
        isOpen = false
      },
    }
  }

  /** What was taken beyond what rows say: by judges, by calls whose end nobody knows, by rows that the budget cut short. */
  beyond(told: BudgetAmounts): BudgetAmounts | undefined {
    const { calls, tokens, usd } = this.#taken
    const rest = {
      calls: Math.max(0, calls - told.calls),
      tokens: Math.max(0, tokens - told.tokens),
      usd: usd - told.usd < usdMin ? 0 : usd - told.usd,
    }
    return rest.calls + rest.tokens + rest.usd > 0 ? rest : undefined
  }
}

/** As a budget counts it: where nobody knows what was taken, what was set aside. */
function counted(taken: BudgetAmounts, worst: BudgetAmounts): BudgetAmounts {
  const part = (name: keyof BudgetAmounts) => (taken[name] >= 0 ? taken[name] : worst[name])
  return { calls: part('calls'), tokens: part('tokens'), usd: part('usd') }
}
