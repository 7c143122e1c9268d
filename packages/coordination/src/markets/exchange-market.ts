/**
 * Equilibrium prices of a linear exchange: agents come with goods instead of money, sell them at the prices found and buy what is worth most
 * to them. Only ratios of prices mean anything.
 */

import { invalidMarket } from '../errors/market-errors.ts'
import {
  type Clearing,
  type ClearingOptions,
  checkedClearing,
  checkTable,
  equilibriumResidual,
  ownUnits,
} from './clearing.ts'
import { interiorPoint, isInteriorPointSize } from './interior-point.ts'
import { type Bids, respond } from './proportional-response.ts'

export interface ExchangeMarket {
  /** [agent][good]: what everybody brings. */
  readonly endowments: readonly (readonly number[])[]
  /** [agent][good]: worth of one unit; linear. */
  readonly utilities: readonly (readonly number[])[]
}

export interface ExchangeEquilibrium extends Clearing {
  /** Of all there is of a good; they sum to 1; 0 where nobody who has anything to offer wants it. */
  readonly prices: readonly number[]
  /** [agent][good], of all there is. */
  readonly shares: readonly (readonly number[])[]
}

const stride = 20
/** After so many cheap steps markets with money are solved exactly, each with what agents earn in the one before. */
const responsesMax = 200
const solvesMax = 60

interface Found {
  readonly prices: readonly number[]
  readonly shares: readonly (readonly number[])[]
  readonly residual: number
}

/**
 * Prices and shares of the equilibrium. Agents who own nothing that anybody wants take no part: their shares are 0.
 *
 * Requires: endowments and utilities finite and >= 0; somebody owns some of each good.
 * Ensures: `residual` is that of what is returned; where no equilibrium exists (some want what others have, who want nothing in return) the
 * status is `budget`.
 * Throws: `coordination/invalid-market`, `coordination/market-too-large`, `foundation/invalid-option`.
 * Source: lazy proportional response (Brânzei, Devanur & Rabani, EC 2021), then the fixed point of "earn at these prices, solve with that
 * money", which is monotone and homogeneous for linear utilities, so half steps of it converge. Differs: the second is added for precision.
 * @example exchangeEquilibrium({ endowments: [[1, 0], [0, 1]], utilities: [[0, 1], [1, 0]] }).prices // => [0.5, 0.5]
 */
export function exchangeEquilibrium(market: ExchangeMarket, options: ClearingOptions = {}): ExchangeEquilibrium {
  const { residualMax, iterationsMax } = checkedClearing('exchangeEquilibrium', options)
  const { agents, goods, supply } = takingPart(market)
  const cut = (table: ExchangeMarket['utilities'], scale: (value: number, good: number) => number) =>
    agents.map((agent) => goods.map((good) => scale(table[agent]?.[good] ?? 0, good)))
  // Of each good there is 1 from here on.
  const reduced: ExchangeMarket = {
    endowments: cut(market.endowments, (amount, good) => amount / (supply[good] as number)),
    utilities: ownUnits(cut(market.utilities, (worth, good) => worth * (supply[good] as number))),
  }
  const { iterations, ...found } =
    goods.length === 0
      ? { prices: [], shares: [], residual: 0, iterations: 0 }
      : traded(reduced, residualMax, iterationsMax)
  const places = new Map(goods.map((good, at) => [good, at]))
  const widen = (row: readonly number[] = []) => supply.map((_, good) => row[places.get(good) ?? -1] ?? 0)
  const owners = new Map(agents.map((agent, at) => [agent, at]))
  return {
    status: found.residual <= residualMax ? 'converged' : 'budget',
    residual: found.residual,
    iterations,
    prices: widen(found.prices),
    shares: market.endowments.map((_, agent) => widen(found.shares[owners.get(agent) ?? -1])),
  }
}

function traded(market: ExchangeMarket, residualMax: number, iterationsMax: number): Found & { iterations: number } {
  const isSmall = isInteriorPointSize(market.utilities.length, market.utilities[0]?.length ?? 0)
  const stepsMax = isSmall ? Math.min(iterationsMax, responsesMax) : iterationsMax
  const first = 1 / (market.utilities[0]?.length ?? 1)
  const bidders = { ...market, budgets: market.endowments.map((own) => own.reduce((sum, one) => sum + one * first, 0)) }
  let bids: Bids = respond(bidders, undefined, 0)
  let best = foundBy(market, bids)
  let iterations = 0
  while (best.residual > residualMax && iterations < stepsMax) {
    const steps = Math.min(stride, stepsMax - iterations)
    bids = respond(bidders, bids, steps)
    iterations += steps
    best = better(foundBy(market, bids), best)
  }
  if (best.residual <= residualMax || !isSmall || iterationsMax <= responsesMax) return { ...best, iterations }
  const solved = solvedInTurn(market, best, residualMax)
  return { ...solved, iterations: iterations + solved.iterations }
}

/** Whole steps while they help, half steps once they go round in a ring. */
function solvedInTurn(market: ExchangeMarket, from: Found, residualMax: number): Found & { iterations: number } {
  let best = from
  let budgets = incomes(market, from.prices)
  let pace = 1
  let lastResidual = Number.POSITIVE_INFINITY
  let iterations = 0
  for (let solve = 0; solve < solvesMax && best.residual > residualMax; solve++) {
    if (budgets.some((one) => !(one > 0))) break
    const solved = interiorPoint({ budgets, utilities: market.utilities }, residualMax / 2)
    iterations += solved.iterations
    const found = foundBy(market, solved)
    best = better(found, best)
    if (found.residual > 0.9 * lastResidual) pace = 0.5
    lastResidual = found.residual
    budgets = incomes(market, found.prices).map(
      (income, agent) => pace * income + (1 - pace) * (budgets[agent] as number),
    )
  }
  return { ...best, iterations }
}

function better(one: Found, other: Found): Found {
  return one.residual < other.residual ? one : other
}

/** Prices that sum to 1, and what is wrong with them when money is what things are sold for. */
function foundBy(market: ExchangeMarket, { prices: given, shares }: Pick<Found, 'prices' | 'shares'>): Found {
  const all = given.reduce((sum, one) => sum + one, 0)
  const prices = given.map((one) => one / all)
  const demand = { budgets: incomes(market, prices), utilities: market.utilities }
  return { prices, shares, residual: equilibriumResidual(demand, prices, shares) }
}

function incomes({ endowments }: ExchangeMarket, prices: readonly number[]): number[] {
  return endowments.map((own) => own.reduce((sum, amount, good) => sum + amount * (prices[good] ?? 0), 0))
}

/** Agents with something to offer that others of them want, and the goods that these want. */
function takingPart({ endowments, utilities }: ExchangeMarket) {
  checkTable('exchangeEquilibrium', 'endowments', endowments)
  checkTable('exchangeEquilibrium', 'utilities', utilities)
  if (endowments.length !== utilities.length || endowments[0]?.length !== utilities[0]?.length) {
    throw invalidMarket('exchangeEquilibrium', 'utilities', 'the agents and goods of endowments', 'others')
  }
  const supply = (endowments[0] ?? []).map((_, good) => endowments.reduce((sum, own) => sum + (own[good] ?? 0), 0))
  const none = supply.findIndex((amount) => !(amount > 0 && amount < Number.POSITIVE_INFINITY))
  if (none >= 0) throw invalidMarket('exchangeEquilibrium', 'endowments', `some of good ${none}`, supply[none])
  let agents = endowments.map((_, agent) => agent)
  let goods = supply.map((_, good) => good)
  for (;;) {
    const wanted = goods.filter((good) => agents.some((agent) => (utilities[agent]?.[good] ?? 0) > 0))
    const able = agents.filter(
      (agent) =>
        wanted.some((good) => (endowments[agent]?.[good] ?? 0) > 0) &&
        wanted.some((good) => (utilities[agent]?.[good] ?? 0) > 0),
    )
    // What only those own who want nothing is not sold by anybody.
    const offered = wanted.filter((good) => able.some((agent) => (endowments[agent]?.[good] ?? 0) > 0))
    if (able.length === agents.length && offered.length === goods.length) return { agents, goods, supply }
    agents = able
    goods = offered
  }
}
