/**
 * When prices clear a market, and how near to it they are. What is computed in floating point says how far it got: `converged` within the
 * residual that was asked for, or stopped at its `budget` of iterations with the residual that it reached.
 */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { invalidMarket, marketTooLarge } from '../errors/market-errors.ts'

export interface ClearingOptions {
  /** At most this is called converged. @default 1e-7 */
  readonly residualMax?: number
  /** Of the simple steps; a solve by Newton's method has at most 100 more. @default 2000 */
  readonly iterationsMax?: number
}

export const clearingDefaults = { residualMax: 1e-7, iterationsMax: 2_000 } as const satisfies Required<ClearingOptions>

/** How near a computation came. */
export interface Clearing {
  readonly status: 'converged' | 'budget'
  /** The largest relative fault: see `equilibriumResidual` and `excessDemandResidual`. */
  readonly residual: number
  readonly iterations: number
}

/** Who has what to spend, and wants what. */
export interface DemandSide {
  /** By agent; positive. */
  readonly budgets: readonly number[]
  /** [agent][good]: worth of one whole good; linear. */
  readonly utilities: readonly (readonly number[])[]
}

/** Agents times goods of one market at most. */
export const marketCellsMax = 1_000_000

/** Throws: `foundation/invalid-option`, `foundation/unknown-name`. */
export function checkedClearing(owner: string, options: ClearingOptions): Required<ClearingOptions> {
  checkOptions(owner, options, {
    residualMax: rule.optional(rule.number(Number.MIN_VALUE)),
    iterationsMax: rule.optional(rule.int(1, 1_000_000)),
  })
  return { ...clearingDefaults, ...definedOptions(options) }
}

/**
 * How far prices and shares are from an equilibrium of linear demand, as the largest of three relative faults: of a good that has a
 * price, what is not sold or sold twice; of a budget, what is not spent or overspent; of an agent, the utility it forgoes against the best that its budget
 * buys at these prices. Linear demand is a set, not a function, so excess demand is measured by how far the allocation is from being
 * demanded.
 *
 * Shapes: `prices` [good], of a whole good; `shares` [agent][good], of 1.   Ensures: >= 0; 0 for an exact equilibrium.
 */
export function equilibriumResidual(
  { budgets, utilities }: DemandSide,
  prices: readonly number[],
  shares: readonly (readonly number[])[],
): number {
  let worst = 0
  for (const [good, price] of prices.entries()) {
    const sold = shares.reduce((sum, own) => sum + (own[good] ?? 0), 0)
    worst = Math.max(worst, price > 0 ? Math.abs(sold - 1) : sold - 1)
  }
  for (const [agent, budget] of budgets.entries()) {
    const own = shares[agent] ?? []
    const wants = utilities[agent] ?? []
    let spent = 0
    let utility = 0
    let bestPerMoney = 0
    for (const [good, price] of prices.entries()) {
      const share = own[good] ?? 0
      const want = wants[good] ?? 0
      spent += share * price
      utility += share * want
      if (want > 0) bestPerMoney = Math.max(bestPerMoney, want / price)
    }
    worst = Math.max(worst, Math.abs(spent - budget) / budget, 1 - utility / (bestPerMoney * budget))
  }
  return worst
}

/** Nothing is taken for worth less than this share of what is worth most to its agent: that would be beyond what doubles can price. */
const worthShareMin = 1e-30

/**
 * Utilities in each agent's own unit, the largest from 1 to below 2: only ratios mean anything, and what is stated in whatever unit can neither
 * overflow nor vanish. 0 stays 0, and nothing else becomes it.
 *
 * Shapes: [agent][good] → the same.   Requires: finite numbers >= 0.
 */
export function ownUnits(utilities: readonly (readonly number[])[]): readonly (readonly number[])[] {
  return utilities.map((own) => {
    // By a power of two, which rounds nothing.
    const unit = 2 ** Math.floor(Math.log2(own.reduce((most, one) => Math.max(most, one), 0)))
    return own.map((one) => (one === 0 ? 0 : Math.max(worthShareMin, one / unit)))
  })
}

/**
 * Checks a table [agent][good] of what is wanted or owned: finite numbers, none negative, every row of the same length.
 * Throws: `coordination/invalid-market`, `coordination/market-too-large`.
 */
export function checkTable(owner: string, what: string, table: readonly (readonly number[])[]): void {
  const columns = table[0]?.length ?? 0
  if (columns === 0) throw invalidMarket(owner, what, 'at least one agent and one good', `${table.length} x ${columns}`)
  if (table.length * columns > marketCellsMax) {
    throw marketTooLarge(owner, `agents times goods of ${what}`, marketCellsMax, table.length * columns)
  }
  for (const row of table) {
    if (row.length !== columns) throw invalidMarket(owner, what, `${columns} numbers for each agent`, row.length)
    for (const one of row) {
      if (!(one >= 0 && one < Number.POSITIVE_INFINITY)) throw invalidMarket(owner, what, 'finite numbers >= 0', one)
    }
  }
}
