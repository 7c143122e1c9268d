/** What an agent with constant elasticity of substitution demands: the standard model of a preference for a mix of goods. */

import { invalidMarket } from '../errors/market-errors.ts'

export interface CesPreference {
  /** All of it is spent. */
  readonly budget: number
  /** [good], >= 0, not all 0. */
  readonly weights: readonly number[]
  /** > 0. 1 spends fixed shares (Cobb and Douglas); above 1 goods are gross substitutes, the more so the larger. */
  readonly elasticity: number
}

/**
 * Quantities that maximise the utility at those prices.
 *
 * Shapes: `prices` [good], > 0 → [good].   Ensures: prices times quantities sum to the budget.   Throws: `coordination/invalid-market`.
 * Source: Mas-Colell, Whinston & Green, 3.C.6: x_j = B a_j^σ p_j^-σ / Σ a_k^σ p_k^(1-σ). Differs: none; by logarithms, so that nothing overflows.
 * @example cesDemand({ budget: 6, weights: [1, 2], elasticity: 1 }, [1, 2]) // => [2, 2]
 */
export function cesDemand({ budget, weights, elasticity }: CesPreference, prices: readonly number[]): number[] {
  if (!(elasticity > 0 && elasticity < Number.POSITIVE_INFINITY)) {
    throw invalidMarket('cesDemand', 'elasticity', 'a finite number > 0', elasticity)
  }
  if (!(budget >= 0 && budget < Number.POSITIVE_INFINITY))
    throw invalidMarket('cesDemand', 'budget', 'a number >= 0', budget)
  if (weights.length !== prices.length || !weights.some((one) => one > 0) || weights.some((one) => !(one >= 0))) {
    throw invalidMarket('cesDemand', 'weights', 'a number >= 0 for each price, not all 0', weights.join(', '))
  }
  if (prices.some((price) => !(price > 0))) throw invalidMarket('cesDemand', 'prices', 'numbers > 0', prices.join(', '))
  const logs = weights.map((weight, good) => {
    return elasticity * Math.log(weight) + (1 - elasticity) * Math.log(prices[good] as number)
  })
  const most = Math.max(...logs)
  const spent = logs.map((log) => Math.exp(log - most))
  const all = spent.reduce((sum, one) => sum + one, 0)
  return spent.map((one, good) => (budget * one) / all / (prices[good] as number))
}
