/** What the rows of one call of an evaluator take of the budget: each of their calls is set aside before it is made, and added up. */

import type { Budget, BudgetAmounts } from '../models/budget/budget.ts'
import { addAmounts, noAmounts } from '../models/budget/budget-amounts.ts'
import { watchedBudget } from '../models/budget/watched-budget.ts'

/** Amounts of money below this are what adding in another order makes. */
const usdMin = 1e-9

/** A budget as it is handed on, and a sum of what was taken of it by this way. */
export class BudgetTab {
  /** What is handed on. */
  readonly budget: Budget
  #taken: BudgetAmounts = noAmounts

  constructor(budget: Budget) {
    this.budget = watchedBudget(budget, (_, worst) => (taken) => {
      this.#taken = addAmounts(this.#taken, counted(taken, worst))
    })
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
