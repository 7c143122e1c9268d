/**
 * Prices by trial: call prices, hear what is demanded, raise the prices of what is short and lower the others. It needs to know nothing of
 * agents but what they would take, and finds the equilibrium where goods are gross substitutes. A pure step, so that demands can
 * come from a function or from agents that are asked.
 */

import { invalidMarket } from '../errors/market-errors.ts'
import { type Clearing, type ClearingOptions, checkedClearing } from './clearing.ts'

export interface TatonnementState {
  /** [good], each > 0: the prices called. */
  readonly prices: readonly number[]
  /** Of logarithms of prices, by that of demand over supply. */
  readonly pace: number
  /** Of the last demand heard; infinite before. */
  readonly residual: number
}

export interface TatonnementOptions extends ClearingOptions {
  /** [good], each > 0. @default 1 of each */
  readonly supply?: readonly number[]
  /** [good], each > 0, to begin with. @default 1 of each */
  readonly prices?: readonly number[]
}

export interface TatonnementEquilibrium extends Clearing {
  readonly prices: readonly number[]
}

/** Prices stay within these, whatever is demanded: beyond them nothing could be told apart any more. */
const [priceMin, priceMax] = [1e-150, 1e150]
/** No price moves by more than this factor in a step. */
const factorMax = 4
const paceMin = 1e-3

export function newTatonnement(prices: readonly number[]): TatonnementState {
  return { prices, pace: 1, residual: Number.POSITIVE_INFINITY }
}

/** The largest of |demand - supply| / supply: what is short, or left over, of any good. */
export function excessDemandResidual(demand: readonly number[], supply: readonly number[]): number {
  return demand.reduce((worst, one, good) => Math.max(worst, Math.abs(one / (supply[good] as number) - 1)), 0)
}

/**
 * The prices to call next, having heard what is demanded at those of `state`.
 *
 * Requires: demand finite and >= 0, supply finite and > 0.   Ensures: prices stay > 0 and finite, and none moves by more than a factor of 4; `residual` is that of the prices that
 * were called.
 * Source: multiplicative tâtonnement (Codenotti, McCune & Varadarajan, STOC 2005; Cole & Fleischer, STOC 2008). Differs: a step is by the
 * logarithm of demand over supply, and its pace is halved when the residual grows and mends by a twentieth when it falls, so that no bound on elasticity need be known.
 */
export function tatonnementStep(
  state: TatonnementState,
  demand: readonly number[],
  supply: readonly number[],
): TatonnementState {
  const residual = excessDemandResidual(demand, supply)
  const pace = residual > state.residual ? Math.max(paceMin, state.pace / 2) : Math.min(1, state.pace * 1.05)
  const prices = state.prices.map((price, good) => {
    const ratio = ((demand[good] as number) / (supply[good] as number)) ** pace
    const moved = price * Math.min(factorMax, Math.max(1 / factorMax, ratio))
    return Math.min(priceMax, Math.max(priceMin, moved))
  })
  return { prices, pace, residual }
}

/**
 * Calls prices until demand is supply.
 *
 * Requires: `demandAt` gives one finite number >= 0 for each good.   Ensures: `residual` is that of the prices returned.
 * Throws: `coordination/invalid-market`, `foundation/invalid-option`, and what `demandAt` throws.
 * @example tatonnement(([price = 1]) => [6 / price], { supply: [2] }).prices // => [3]
 */
export function tatonnement(
  demandAt: (prices: readonly number[]) => readonly number[],
  options: TatonnementOptions = {},
): TatonnementEquilibrium {
  const { supply: givenSupply, prices: givenPrices, ...clearing } = options
  const { residualMax, iterationsMax } = checkedClearing('tatonnement', clearing)
  const goods = givenSupply?.length ?? givenPrices?.length
  if (goods === undefined || goods === 0) throw invalidMarket('tatonnement', 'supply', 'at least one good', 'none')
  const supply = positive('supply', givenSupply ?? new Array<number>(goods).fill(1), goods)
  let state = newTatonnement(positive('prices', givenPrices ?? new Array<number>(goods).fill(1), goods))
  for (let iterations = 1; ; iterations++) {
    const { prices } = state
    state = tatonnementStep(state, checkedDemand(demandAt(prices), goods), supply)
    const isDone = state.residual <= residualMax
    if (isDone || iterations >= iterationsMax) {
      return { status: isDone ? 'converged' : 'budget', residual: state.residual, iterations, prices }
    }
  }
}

function positive(what: string, given: readonly number[], goods: number): readonly number[] {
  if (given.length !== goods) throw invalidMarket('tatonnement', what, `${goods} numbers`, given.length)
  const bad = given.find((one) => !(one > 0 && one < Number.POSITIVE_INFINITY))
  if (bad !== undefined) throw invalidMarket('tatonnement', what, 'finite numbers > 0', bad)
  return given
}

function checkedDemand(demand: readonly number[], goods: number): readonly number[] {
  if (demand.length !== goods) throw invalidMarket('tatonnement', 'demand', `${goods} numbers`, demand.length)
  const bad = demand.find((one) => !(one >= 0 && one < Number.POSITIVE_INFINITY))
  if (bad !== undefined) throw invalidMarket('tatonnement', 'demand', 'finite numbers >= 0', bad)
  return demand
}
