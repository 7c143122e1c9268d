/**
 * Proportional response: everybody bids on goods in proportion to the utility it had of each. It needs nothing but what one
 * gets for one's own bids, and its bids clear the market at every step: only who would rather have had something else is wrong.
 */

import type { DemandSide } from './clearing.ts'

/** Bids of all, and what follows from them. */
export interface Bids {
  /** [agent][good], in the unit of budgets; each agent's sum to its budget. */
  readonly bids: readonly (readonly number[])[]
  /** [good]: all that is bid on it. */
  readonly prices: readonly number[]
  /** [agent][good], of 1: bids over prices. */
  readonly shares: readonly (readonly number[])[]
  /** By agent: what it bids with. */
  readonly budgets: readonly number[]
}

/** Who bids, with what; with `endowments`, [agent][good] of 1, money comes from what is sold, and half of it is kept back each time. */
export interface Bidders extends DemandSide {
  readonly endowments?: readonly (readonly number[])[]
}

/**
 * `steps` responses from given bids on, or from budgets split by utilities.
 *
 * Requires: as `fisherEquilibrium`; bids of before are > 0 where utilities are.   Ensures: each agent's bids sum to its budget; shares of a wanted good sum to 1.
 * Source: Wu & Zhang, STOC 2007; with endowments the lazy form of Brânzei, Devanur & Rabani, EC 2021, since the plain one may go round in rings.
 */
export function respond({ utilities, ...given }: Bidders, before: Bids | undefined, steps: number): Bids {
  const goods = utilities[0]?.length ?? 0
  const budgets = Float64Array.from(before?.budgets ?? given.budgets)
  const owned = given.endowments && Float64Array.from(given.endowments.flat())
  const wants = Float64Array.from(utilities.flat())
  const bids = before === undefined ? wants.slice() : Float64Array.from(before.bids.flat())
  scaleRows(bids, budgets, goods)
  const prices = pricesOf(bids, goods)
  for (let step = 0; step < steps; step++) {
    for (let cell = 0, good = 0; cell < bids.length; cell++, good = good + 1 === goods ? 0 : good + 1) {
      const price = prices[good] as number
      // Worth so far of what the bid bought; of a good that nobody bids on, nothing.
      bids[cell] = price === 0 ? 0 : ((bids[cell] as number) / price) * (wants[cell] as number)
    }
    if (owned !== undefined) earn(budgets, owned, prices)
    scaleRows(bids, budgets, goods)
    pricesOf(bids, goods, prices)
  }
  const table = Array.from(budgets, (_, agent) => Array.from(bids.subarray(agent * goods, (agent + 1) * goods)))
  const shares = table.map((own) => own.map((bid, good) => (bid === 0 ? 0 : bid / (prices[good] as number))))
  return { bids: table, prices: Array.from(prices), shares, budgets: Array.from(budgets) }
}

/** Half of what was bid with, and half of what came in. */
function earn(budgets: Float64Array, owned: Float64Array, prices: Float64Array): void {
  const goods = prices.length
  for (let agent = 0; agent < budgets.length; agent++) {
    let income = 0
    for (let good = 0; good < goods; good++)
      income += (owned[agent * goods + good] as number) * (prices[good] as number)
    budgets[agent] = ((budgets[agent] as number) + income) / 2
  }
}

/** Makes each agent's row sum to its budget. */
function scaleRows(bids: Float64Array, budgets: Float64Array, goods: number): void {
  for (let agent = 0; agent < budgets.length; agent++) {
    const from = agent * goods
    let sum = 0
    for (let cell = from; cell < from + goods; cell++) sum += bids[cell] as number
    const scale = (budgets[agent] as number) / sum
    for (let cell = from; cell < from + goods; cell++) bids[cell] = (bids[cell] as number) * scale
  }
}

function pricesOf(bids: Float64Array, goods: number, prices: Float64Array = new Float64Array(goods)): Float64Array {
  prices.fill(0)
  for (let cell = 0, good = 0; cell < bids.length; cell++, good = good + 1 === goods ? 0 : good + 1) {
    prices[good] = (prices[good] as number) + (bids[cell] as number)
  }
  return prices
}
