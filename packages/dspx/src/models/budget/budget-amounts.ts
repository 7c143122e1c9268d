/** Sums of amounts of a budget. */

import type { BudgetAmounts } from './budget.ts'

export const noAmounts: BudgetAmounts = { calls: 0, tokens: 0, usd: 0 }

export function addAmounts(a: BudgetAmounts, b: BudgetAmounts): BudgetAmounts {
  return { calls: a.calls + b.calls, tokens: a.tokens + b.tokens, usd: a.usd + b.usd }
}
