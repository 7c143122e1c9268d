import { expect, test } from 'vitest'
import { createBudget } from '../models/budget/budget.ts'
import { BudgetTab } from './budget-tab.ts'

const worst = { calls: 1, tokens: 100, usd: 0.1 }

test('a tab spends from its budget and knows what was taken by it beyond what rows say, each call once', async () => {
  const budget = createBudget({ calls: 3, usd: 1 })
  const [one, other] = [new BudgetTab(budget), new BudgetTab(budget)]
  const call = await one.budget.reserve('m', worst)
  call.settle({ calls: 1, tokens: 40, usd: 0.04 })
  call.settle(worst)
  // nobody knows what it took
  const lost = await one.budget.reserve('m', worst)
  lost.settle({ calls: 1, tokens: Number.NaN, usd: Number.NaN })
  const foreign = await other.budget.reserve('m', worst)
  foreign.settle(worst)
  expect(budget.spent).toEqual({ calls: 3, tokens: 240, usd: 0.24 })
  const beyond = one.beyond({ calls: 1, tokens: 40, usd: 0.04 })
  expect(beyond).toMatchObject({ calls: 1, tokens: 100 })
  expect(beyond?.usd).toBeCloseTo(0.1)
  await expect(one.budget.reserve('m', worst)).rejects.toMatchObject({ code: 'dspx/budget-exhausted' })
})

test('a tab whose rows say all, or more, has nothing beyond, whatever the order of sums', async () => {
  const tab = new BudgetTab(createBudget({}))
  expect(tab.beyond({ calls: 0, tokens: 0, usd: 0 })).toBeUndefined()
  for (const usd of [0.1, 0.2, 0.3]) (await tab.budget.reserve('m', worst)).settle({ calls: 1, tokens: 1, usd })
  expect(tab.beyond({ calls: 3, tokens: 3, usd: 0.3 + 0.2 + 0.1 })).toBeUndefined()
  expect(tab.beyond({ calls: 4, tokens: 9, usd: 1 })).toBeUndefined()
})
