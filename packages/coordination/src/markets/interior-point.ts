/**
 * A linear Fisher market by Newton's method: a primal-dual interior point of the convex program of Eisenberg and Gale, whose
 * multipliers are the prices. Some tens of steps, each costing agents x goods² operations, and no trouble with goods that are tied.
 */

import { type DemandSide, equilibriumResidual } from './clearing.ts'
import { solvePositiveDefinite } from './positive-definite.ts'
import { supportEquilibrium } from './support.ts'

export interface InteriorPoint {
  readonly prices: readonly number[]
  readonly shares: readonly (readonly number[])[]
  readonly residual: number
  readonly iterations: number
}

const iterationsMax = 100
/** So near it is worth a look whether who buys what is known. */
const guessMax = 0.1
const operationsMax = 30_000_000
const goodsMax = 500

/** Whether one step of that market costs little enough. */
export function isInteriorPointSize(agents: number, goods: number): boolean {
  return goods <= goodsMax && agents * goods ** 2 <= operationsMax
}

interface Point {
  /** [agent * goods + good] */
  readonly shares: Float64Array
  /** Of `shares >= 0`. */
  readonly slacks: Float64Array
  readonly prices: Float64Array
}

/**
 * Maximises the sum of `budget * log(utility of the shares)` where the shares of each good sum to 1.
 *
 * Requires: as `fisherEquilibrium`, and each good is wanted.   Ensures: `residual` is that of what is returned, the best point that was seen.
 * Source: Eisenberg & Gale, 1959; the Newton step is the textbook one (Boyd & Vandenberghe, 11.7), each agent's block inverted by the formula of
 * Sherman and Morrison so that only goods x goods is solved.
 */
export function interiorPoint(market: DemandSide, residualMax: number): InteriorPoint {
  const total = market.budgets.reduce((sum, one) => sum + one, 0)
  const goods = market.utilities[0]?.length ?? 0
  const budgets = Float64Array.from(market.budgets, (one) => one / total)
  const wants = Float64Array.from(
    market.utilities.flatMap((own) => {
      const most = own.reduce((max, one) => Math.max(max, one), 0)
      return own.map((one) => one / most)
    }),
  )
  let point = firstPoint(budgets.length, goods)
  let best: InteriorPoint | undefined
  for (let iteration = 1; iteration <= iterationsMax; iteration++) {
    const next = newtonStep(point, budgets, wants)
    if (next === undefined) break
    point = next
    const near = asEquilibrium(market, point, total)
    if (best === undefined || near.residual < best.residual) best = { ...near, iterations: iteration }
    const exact = near.residual < guessMax ? fromSupport(market, point, total) : undefined
    if (exact !== undefined && exact.residual < best.residual) best = { ...exact, iterations: iteration }
    if (best.residual <= residualMax) break
  }
  return best ?? { ...asEquilibrium(market, point, total), iterations: 0 }
}

function firstPoint(agents: number, goods: number): Point {
  const shares = new Float64Array(agents * goods).fill(1 / agents)
  return {
    shares,
    slacks: new Float64Array(agents * goods).fill(1 / goods),
    prices: new Float64Array(goods).fill(1 / goods),
  }
}

/** One step, or nothing where rounding leaves no step to be made. */
function newtonStep(point: Point, budgets: Float64Array, wants: Float64Array): Point | undefined {
  const { shares, slacks } = point
  const goods = point.prices.length
  let gap = 0
  for (let cell = 0; cell < shares.length; cell++) gap += (shares[cell] as number) * (slacks[cell] as number)
  const target = (0.1 * gap) / shares.length
  const matrix = new Float64Array(goods * goods)
  const right = new Float64Array(goods).fill(-1)
  const blocks = Array.from(budgets, (budget, agent) => blockOf(point, wants, { agent, budget, target }))
  for (const block of blocks) addBlock(block, matrix, right)
  for (let cell = 0; cell < shares.length; cell++)
    right[cell % goods] = (right[cell % goods] as number) + (shares[cell] as number)
  const prices = solvePositiveDefinite(matrix, right)
  if (prices === undefined) return undefined
  const move = new Float64Array(shares.length)
  for (const [agent, block] of blocks.entries()) move.set(blockMove(block, prices), agent * goods)
  return moved(point, { move, prices, target })
}

/** An agent's part of the Newton system: `(D + w u u')⁻¹` as a diagonal less a rank of one, and what stands on the right. */
interface Block {
  readonly diagonal: Float64Array
  /** diagonal * u */
  readonly lean: Float64Array
  readonly weight: number
  /** `w` */
  readonly bend: number
  readonly want: Float64Array
  readonly right: Float64Array
}

function blockOf(
  { shares, slacks, prices }: Point,
  wants: Float64Array,
  { agent, budget, target }: { readonly agent: number; readonly budget: number; readonly target: number },
): Block {
  const goods = prices.length
  const from = agent * goods
  const want = wants.subarray(from, from + goods)
  let utility = 0
  for (let good = 0; good < goods; good++) utility += (shares[from + good] as number) * (want[good] as number)
  const diagonal = new Float64Array(goods)
  const lean = new Float64Array(goods)
  const right = new Float64Array(goods)
  let curve = 0
  for (let good = 0; good < goods; good++) {
    const share = shares[from + good] as number
    diagonal[good] = share / (slacks[from + good] as number)
    lean[good] = (diagonal[good] as number) * (want[good] as number)
    curve += (lean[good] as number) * (want[good] as number)
    right[good] = (budget * (want[good] as number)) / utility + target / share
  }
  const bend = budget / utility ** 2
  return { diagonal, lean, weight: bend / (1 + bend * curve), bend, want, right }
}

/** Adds the inverse of the block to the matrix, and the inverse times its right side to the right side. */
function addBlock(block: Block, matrix: Float64Array, sum: Float64Array): void {
  const { diagonal, lean, weight, right } = block
  const goods = diagonal.length
  const others = curveOfOthers(block)
  let along = 0
  for (let good = 0; good < goods; good++) along += (lean[good] as number) * (right[good] as number)
  for (let row = 0; row < goods; row++) {
    const own = lean[row] as number
    const scaled = weight * own
    sum[row] = (sum[row] as number) + (diagonal[row] as number) * (right[row] as number) - scaled * along
    const at = row * goods
    // The diagonal less the rank of one, said without a difference: of a good that is nearly all of a demand nothing else would be left.
    matrix[at + row] =
      (matrix[at + row] as number) +
      (diagonal[row] as number) * (weight / block.bend) * (1 + block.bend * (others[row] as number))
    // Only what is below the diagonal is read.
    for (let column = 0; column < row; column++) {
      matrix[at + column] = (matrix[at + column] as number) - scaled * (lean[column] as number)
    }
  }
}

/** Of each good: the sum of `lean * want` of all others, by sums from both ends. */
function curveOfOthers({ lean, want }: Block): Float64Array {
  const others = new Float64Array(lean.length)
  let before = 0
  for (let good = 0; good < lean.length; good++) {
    others[good] = before
    before += (lean[good] as number) * (want[good] as number)
  }
  let after = 0
  for (let good = lean.length - 1; good >= 0; good--) {
    others[good] = (others[good] as number) + after
    after += (lean[good] as number) * (want[good] as number)
  }
  return others
}

function blockMove({ diagonal, lean, weight, right }: Block, prices: Float64Array): Float64Array {
  const goods = prices.length
  let along = 0
  for (let good = 0; good < goods; good++)
    along += (lean[good] as number) * ((right[good] as number) - (prices[good] as number))
  const move = new Float64Array(goods)
  for (let good = 0; good < goods; good++) {
    move[good] =
      (diagonal[good] as number) * ((right[good] as number) - (prices[good] as number)) -
      weight * (lean[good] as number) * along
  }
  return move
}

/** As far in that direction as everything stays positive. */
function moved(
  { shares, slacks, prices: before }: Point,
  { move, prices, target }: { readonly move: Float64Array; readonly prices: Float64Array; readonly target: number },
): Point | undefined {
  const slackMove = new Float64Array(slacks.length)
  let step = 1
  for (let cell = 0; cell < shares.length; cell++) {
    const share = shares[cell] as number
    const slack = slacks[cell] as number
    slackMove[cell] = target / share - slack - (slack / share) * (move[cell] as number)
    if ((move[cell] as number) < 0) step = Math.min(step, (-0.99 * share) / (move[cell] as number))
    if ((slackMove[cell] as number) < 0) step = Math.min(step, (-0.99 * slack) / (slackMove[cell] as number))
  }
  if (!(step > 1e-10)) return undefined
  const goods = prices.length
  const next = shares.map((one, cell) => one + step * (move[cell] as number))
  const sums = new Float64Array(goods)
  for (let cell = 0; cell < next.length; cell++)
    sums[cell % goods] = (sums[cell % goods] as number) + (next[cell] as number)
  return {
    // Sold once, exactly: what rounding does to a move grows with shares over slacks, and would add up.
    shares: next.map((one, cell) => one / (sums[cell % goods] as number)),
    slacks: slacks.map((one, cell) => one + step * (slackMove[cell] as number)),
    prices: before.map((one, good) => one + step * ((prices[good] as number) - one)),
  }
}

/** As prices in money and shares that sum to 1, with what is wrong with them. */
function asEquilibrium(
  market: DemandSide,
  { shares, prices }: Point,
  total: number,
): Omit<InteriorPoint, 'iterations'> {
  const goods = prices.length
  const sums = new Float64Array(goods)
  // A share of which its owner would not notice the lack is none: what the method leaves everywhere is no demand.
  const kept = shares.map((one) => (one < 1e-11 ? 0 : one))
  for (let cell = 0; cell < kept.length; cell++)
    sums[cell % goods] = (sums[cell % goods] as number) + (kept[cell] as number)
  const all = prices.reduce((sum, one) => sum + one, 0)
  const priced = Array.from(prices, (one) => (one / all) * total)
  const table = market.budgets.map((_, agent) =>
    priced.map((_, good) => (kept[agent * goods + good] as number) / (sums[good] as number)),
  )
  return { prices: priced, shares: table, residual: equilibriumResidual(market, priced, table) }
}

/** The equilibrium in which everybody buys what it seems to: what it spends on a good, of its budget, is more than what it lacks there, of the price. */
function fromSupport(market: DemandSide, { shares, slacks, prices }: Point, total: number) {
  const goods = prices.length
  const purchases: { agent: number; good: number; spent: number }[] = []
  for (let cell = 0; cell < shares.length; cell++) {
    const good = cell % goods
    const agent = Math.floor(cell / goods)
    const price = prices[good] as number
    const spent = (shares[cell] as number) * price * total
    if (spent / (market.budgets[agent] as number) > (slacks[cell] as number) / price)
      purchases.push({ agent, good, spent })
  }
  const exact = supportEquilibrium(market, purchases)
  return exact && { ...exact, residual: equilibriumResidual(market, exact.prices, exact.shares) }
}
