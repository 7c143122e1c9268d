/**
 * Which bids on sets of things to accept, so that what they are worth together is most: the problem, what a solver of it is, and how an
 * answer is looked at before it is believed. The problem is NP-hard; a solver says honestly how far it got.
 */

import { invalidWinnerProblem, solverWrong } from '../errors/auction-errors.ts'
import { auctionBidsMax, auctionItemsMax, bidAmountMax } from './bid.ts'

/** One bid of a problem: all or nothing. */
export interface ProblemBid {
  /** Places of items in `supply`, each once. */
  readonly items: readonly number[]
  /** Units of each of the items. */
  readonly quantity: number
  /** What accepting it is worth: a whole number from 1 on. */
  readonly value: number
  /** At most one bid of a group is accepted; without one it is by itself. */
  readonly group?: number
}

export interface WinnerProblem {
  /** Units there are of each item. */
  readonly supply: readonly number[]
  readonly bids: readonly ProblemBid[]
}

export interface WinnerSolution {
  /** Places of the bids accepted, ascending. */
  readonly winners: readonly number[]
  /** What they are worth, exactly. */
  readonly value: number
  /** What no answer can exceed. Equal to `value` when it is optimal. */
  readonly bound: number
  /** `optimal` is proven; `feasible` can be accepted and may not be the best. */
  readonly status: 'optimal' | 'feasible'
  /** The share of `bound` that may be missing: 0 when it is optimal. */
  readonly gap: number
}

export interface SolveOptions {
  /** After this it answers with the best it has. @default 10000 */
  readonly timeLimitMs?: number
  /** Ends the work at once: rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

export const solveDefaults = { timeLimitMs: 10_000 } as const satisfies Omit<Required<SolveOptions>, 'signal'>

/**
 * Called with one problem after the other, also several at once. An answer has been through `winnerSolution`, so it can be
 * carried out whatever the solver did; `optimal` is what the solver stands for.
 */
export interface WinnerSolver {
  readonly name: string
  /** Rejects with `signal.reason`, `coordination/invalid-winner-problem` and errors of the solver. */
  solve(problem: WinnerProblem, options?: SolveOptions): Promise<WinnerSolution>
}

/**
 * Throws `coordination/invalid-winner-problem` unless every quantity is a whole number within limits.
 *
 * Ensures: sums of values are safe integers.
 */
export function checkWinnerProblem({ supply, bids }: WinnerProblem): void {
  if (supply.length > auctionItemsMax) throw invalidWinnerProblem(`at most ${auctionItemsMax} items`)
  if (bids.length > auctionBidsMax) throw invalidWinnerProblem(`at most ${auctionBidsMax} bids`)
  if (!supply.every((units) => isWhole(units, 0))) throw invalidWinnerProblem('whole numbers of units')
  for (const { items, quantity, value, group } of bids) {
    if (!isWhole(value, 1) || value > bidAmountMax) throw invalidWinnerProblem(`values from 1 to ${bidAmountMax}`)
    if (!isWhole(quantity, 1)) throw invalidWinnerProblem('quantities of at least 1')
    if (group !== undefined && !isWhole(group, 0)) throw invalidWinnerProblem('groups that are whole numbers')
    const isKnown = items.every((item) => isWhole(item, 0) && item < supply.length)
    if (items.length === 0 || !isKnown || new Set(items).size < items.length) {
      throw invalidWinnerProblem('bids on items that there are, each named once')
    }
  }
}

/**
 * An answer, looked at: counted again in integers, whatever arithmetic the solver has.
 *
 * Throws: `coordination/solver-wrong` when the bids can't be accepted together, or are worth more than the bound.
 */
export function winnerSolution(
  problem: WinnerProblem,
  answer: { readonly solver: string; readonly winners: readonly number[]; readonly bound: number },
): WinnerSolution {
  const { solver, bound } = answer
  const winners = answer.winners.toSorted((a, b) => a - b)
  const fault = faultOf(problem, winners)
  if (fault !== undefined) throw solverWrong(solver, fault)
  const total = winners.reduce((sum, place) => sum + BigInt(problem.bids[place]?.value ?? 0), 0n)
  const value = Number(total)
  if (!Number.isSafeInteger(bound) || value > bound) {
    throw solverWrong(solver, `winners are worth ${value}, and its bound is ${bound}`)
  }
  const gap = bound === 0 ? 0 : (bound - value) / bound
  return { winners, value, bound, status: bound === value ? 'optimal' : 'feasible', gap }
}

/** Why those bids can't be accepted together, if they can't. */
function faultOf({ supply, bids }: WinnerProblem, winners: readonly number[]): string | undefined {
  const left = [...supply]
  const groups = new Set<number>()
  for (const [at, place] of winners.entries()) {
    const bid = bids[place]
    if (bid === undefined || winners[at - 1] === place) return `there is no bid ${place}, or it is named twice`
    if (bid.group !== undefined && groups.has(bid.group)) return `two bids of group ${bid.group}`
    if (bid.group !== undefined) groups.add(bid.group)
    for (const item of bid.items) {
      left[item] = (left[item] ?? 0) - bid.quantity
      if ((left[item] ?? 0) < 0) return `more of item ${item} than there is`
    }
  }
  return undefined
}

function isWhole(value: number, min: number): boolean {
  return Number.isSafeInteger(value) && value >= min
}
