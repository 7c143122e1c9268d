/**
 * Equilibrium prices of a linear Fisher market: agents come with money and want goods, each good of 1 unit; at the prices found everybody
 * spends all it has on what is worth most to it per money, and every wanted good is sold out.
 */

import { invalidMarket } from '../errors/market-errors.ts'
import {
  type Clearing,
  type ClearingOptions,
  checkedClearing,
  checkTable,
  type DemandSide,
  equilibriumResidual,
  ownUnits,
} from './clearing.ts'
import { interiorPoint, isInteriorPointSize } from './interior-point.ts'
import { respond } from './proportional-response.ts'

export interface FisherEquilibrium extends Clearing {
  readonly method: 'proportional-response' | 'interior-point'
  /** Of a whole good, in the unit of budgets; 0 where nobody wants it. They sum to all budgets. */
  readonly prices: readonly number[]
  /** [agent][good], of 1. */
  readonly shares: readonly (readonly number[])[]
}

/** Steps of proportional response between two looks at the residual. */
const stride = 20
/** After so many steps that did not do it Newton's method takes over where the market is small enough for it. */
const responsesMax = 100

/**
 * Prices and shares of the equilibrium.
 *
 * Requires: budgets finite and > 0; utilities finite and >= 0; each agent wants something.
 * Ensures: `residual` is that of what is returned, whatever the status; the same market gives the same result.
 * Throws: `coordination/invalid-market`, `coordination/market-too-large`, `foundation/invalid-option`.
 * Source: proportional response (Wu & Zhang, STOC 2007; Zhang, 2011), then a primal-dual interior point of the program of Eisenberg and
 * Gale. Differs: the second is added since the first needs steps in proportion to 1 / residual where goods are nearly tied.
 * @example fisherEquilibrium({ budgets: [1, 3], utilities: [[1, 1], [1, 1]] }).prices // => [2, 2]
 */
export function fisherEquilibrium(given: DemandSide, options: ClearingOptions = {}): FisherEquilibrium {
  const { residualMax, iterationsMax } = checkedClearing('fisherEquilibrium', options)
  checkDemand('fisherEquilibrium', given)
  const market = { budgets: given.budgets, utilities: ownUnits(given.utilities) }
  const wanted = (market.utilities[0] ?? []).map((_, good) => market.utilities.some((own) => (own[good] ?? 0) > 0))
  const small = isInteriorPointSize(market.budgets.length, wanted.filter(Boolean).length)
  const responded = respondUntil(market, residualMax, small ? Math.min(responsesMax, iterationsMax) : iterationsMax)
  if (responded.status === 'converged' || !small || iterationsMax <= responsesMax) return responded
  const goods = wanted.flatMap((is, good) => (is ? [good] : []))
  const narrowed = { ...market, utilities: market.utilities.map((own) => goods.map((good) => own[good] ?? 0)) }
  const solved = interiorPoint(narrowed, residualMax)
  const iterations = responded.iterations + solved.iterations
  // Rounding stops Newton's method early where budgets differ by many orders: then what the simple steps found may be better.
  if (!(solved.residual < responded.residual)) return { ...responded, iterations }
  const places = new Map(goods.map((good, at) => [good, at]))
  const widen = (row: readonly number[]) => wanted.map((_, good) => row[places.get(good) ?? -1] ?? 0)
  return {
    status: solved.residual <= residualMax ? 'converged' : 'budget',
    method: 'interior-point',
    residual: solved.residual,
    iterations,
    prices: widen(solved.prices),
    shares: solved.shares.map(widen),
  }
}

/** Throws: `coordination/invalid-market`, `coordination/market-too-large`. */
function checkDemand(owner: string, { budgets, utilities }: DemandSide): void {
  checkTable(owner, 'utilities', utilities)
  if (budgets.length !== utilities.length) {
    throw invalidMarket(owner, 'budgets', `${utilities.length}, one an agent`, budgets.length)
  }
  for (const budget of budgets) {
    if (!(budget > 0 && budget < Number.POSITIVE_INFINITY)) {
      throw invalidMarket(owner, 'budgets', 'finite numbers > 0', budget)
    }
  }
  const idle = utilities.findIndex((own) => own.every((one) => one === 0))
  if (idle >= 0) throw invalidMarket(owner, 'utilities', 'something that each agent wants', `nothing of agent ${idle}`)
}

function respondUntil(market: DemandSide, residualMax: number, iterationsMax: number): FisherEquilibrium {
  let bids = respond(market, undefined, 0)
  let iterations = 0
  for (;;) {
    const { prices, shares } = bids
    const residual = equilibriumResidual(market, prices, shares)
    const isDone = residual <= residualMax
    if (isDone || iterations >= iterationsMax) {
      const status = isDone ? 'converged' : 'budget'
      return { status, method: 'proportional-response', residual, iterations, prices, shares }
    }
    const steps = Math.min(stride, iterationsMax - iterations)
    bids = respond(market, bids, steps)
    iterations += steps
  }
}
