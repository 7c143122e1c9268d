/** An auction of many things, with bids on sets of them: all bid at once, and a solver finds the bids that are worth most together. */

import { definedOptions, invalidOption, rule } from '@mabeam/foundation'
import { nameRule } from '../../agents/asked-text.ts'
import type { Participant, Protocol, ProtocolCommand, ProtocolEvent, Turn } from '../../sessions/protocol.ts'
import { type Awarded, awarded, type NoSale, noSale } from '../auction-outcome.ts'
import { type AuctionSpec, type CheckedAuction, checkAuction } from '../auction-spec.ts'
import { auctionItemsMax, bidAmountMax } from '../bid.ts'
import { type AdmissionRules, type AdmittedBids, noBids, type RefusedBids } from '../bid-admission.ts'
import { gatherBids } from '../bid-gathering.ts'
import {
  acceptedBids,
  type BundleSale,
  bundleAwards,
  bundleProblem,
  type ItemsForSale,
  reserveOf,
} from '../bundle-problem.ts'
import { type TieRanks, tieRanks } from '../tie-order.ts'
import { type OwnedProblem, type VcgResult, vcg } from '../vickrey-clarke-groves.ts'
import { solveDefaults, type WinnerSolution, type WinnerSolver } from '../winner-determination.ts'

export interface CombinatorialSpec extends AuctionSpec {
  /** What is for sale; a name alone is one unit without a reserve. */
  readonly items: readonly (
    | string
    | {
        readonly item: string
        /** @default 1 */
        readonly quantity?: number
        /** The least that a unit is sold for; a bid must reach the sum of those that it names. @default 0 */
        readonly reserve?: number
      }
  )[]
  /** `vcg`: winners pay what the others lose by it, and nobody gains by a lie. `pay-as-bid`: they pay what they bid. @default 'vcg' */
  readonly pricing?: 'vcg' | 'pay-as-bid'
  /** At most one bid of a bidder is accepted (XOR); else all that its budget and the supply could bear together count (OR). @default true */
  readonly exclusive?: boolean
  /** For each problem: one, and with `vcg` one more for each winner; never more than nine tenths of what the session has left. @default 10000 */
  readonly timeLimitMs?: number
}

export const combinatorialDefaults = {
  pricing: 'vcg',
  exclusive: true,
  timeLimitMs: solveDefaults.timeLimitMs,
} as const satisfies Partial<CombinatorialSpec>

/** Sold, and how good an answer that is. */
export interface BundlesAwarded extends Awarded {
  /** What the accepted bids are worth above their reserves. */
  readonly value: number
  readonly status: 'optimal' | 'feasible'
  /** The share of the best possible value that may be missing. */
  readonly gap: number
}

/** No award: with prices that need the best answer, one that may not be the best is none. */
export interface AwardUndecided {
  readonly type: 'undecided'
  readonly reason: 'not-proven-optimal' | 'solver-failed'
  /** Of the answer that was not proven. */
  readonly gap?: number
  /** What the solver failed with. */
  readonly error?: string
  readonly refused: RefusedBids
}

interface CheckedCombinatorial extends CheckedAuction {
  readonly items: ItemsForSale
  readonly pricing: 'vcg' | 'pay-as-bid'
  readonly exclusive: boolean
  readonly timeLimitMs: number
}

interface CombinatorialState {
  readonly spec: CheckedCombinatorial
  readonly endsAtMs: number
  readonly ranks: TieRanks
  readonly bids: AdmittedBids
  readonly isSolving: boolean
}

interface SolveInput extends OwnedProblem {
  readonly pricing: 'vcg' | 'pay-as-bid'
  readonly timeLimitMs: number
}

type SolveResult =
  | Exclude<VcgResult, { type: 'priced' }>
  | { readonly type: 'priced'; readonly solution: WinnerSolution; readonly payments?: ReadonlyMap<string, number> }

type CombinatorialOutcome = BundlesAwarded | NoSale | AwardUndecided
type CombinatorialTurn = Turn<CombinatorialState, CombinatorialOutcome>
export type CombinatorialProtocol = Protocol<
  CombinatorialSpec,
  CheckedCombinatorial,
  CombinatorialState,
  CombinatorialOutcome
>

/**
 * `combinatorial`: one round of bids, then the solver's task. With `vcg` an answer that is not proven to be the best is refused; with
 * `pay-as-bid` it is awarded, and says by how much it may fall short. Who has not bid after four fifths of the session's time is not
 * waited for, so that there is some left to solve it in.
 */
export function combinatorialAuction(solver: WinnerSolver): CombinatorialProtocol {
  return {
    name: 'combinatorial',
    version: 1,
    check: checkCombinatorial,
    begin({ spec, participants, random, atMs, endsAtMs }) {
      const state = { spec, endsAtMs, ranks: tieRanks(participants, spec.ties, random), bids: noBids, isSolving: false }
      const question = { ...spec.asked, side: 'buy' as const, items: [...spec.items.keys()] }
      const delayMs = biddingShare * (endsAtMs - atMs)
      return [
        state,
        [
          { type: 'ask', ask, round: 1, request: 'bid', question },
          { type: 'timer', timer: 'bidding', delayMs },
        ],
      ]
    },
    step: combinatorialStep,
    tasks: { solve: (input, signal) => solve(solver, input as SolveInput, signal) },
  }
}

async function solve(solver: WinnerSolver, input: SolveInput, signal: AbortSignal): Promise<SolveResult> {
  const { problem, pricing, timeLimitMs } = input
  if (pricing === 'vcg') return await vcg(input, solver, { timeLimitMs, signal })
  return { type: 'priced', solution: await solver.solve(problem, { timeLimitMs, signal }) }
}

function checkCombinatorial(spec: CombinatorialSpec, participants: readonly Participant[]): CheckedCombinatorial {
  const rules = {
    items: rule.array(),
    pricing: rule.optional(rule.oneOf(['vcg', 'pay-as-bid'])),
    exclusive: rule.optional(rule.boolean()),
    timeLimitMs: rule.optional(rule.number(1)),
  }
  const checked = checkAuction(
    { owner: 'combinatorial', spec, rules },
    participants,
    () => `Your bids for sets of ${spec.items.length} items?`,
  )
  const { pricing, exclusive, timeLimitMs } = { ...combinatorialDefaults, ...definedOptions(spec) }
  return { ...checked, items: checkItems(spec.items), pricing, exclusive, timeLimitMs }
}

function checkItems(given: CombinatorialSpec['items']): ItemsForSale {
  const owner = 'combinatorial'
  if (given.length === 0 || given.length > auctionItemsMax) {
    throw invalidOption(owner, 'items', `1 to ${auctionItemsMax} items`, given.length)
  }
  const items = new Map<string, { place: number; quantity: number; reserve: number }>()
  for (const [place, one] of given.entries()) {
    const { item, quantity = 1, reserve = 0 } = typeof one === 'string' ? { item: one } : (one ?? {})
    if (!nameRule.test(item) || items.has(item))
      throw invalidOption(owner, `items.${place}`, 'a name that no other has', one)
    for (const [key, number, min] of [
      ['quantity', quantity, 1],
      ['reserve', reserve, 0],
    ] as const) {
      if (rule.int(min, bidAmountMax).test(number)) continue
      throw invalidOption(owner, `items.${place}.${key}`, `an integer from ${min} to ${bidAmountMax}`, number)
    }
    items.set(item, { place, quantity, reserve })
  }
  return items
}

const ask = 'bids'
/** How much of the session's time bidders have at most. */
const biddingShare = 0.8
/** How much of the time that is left a problem may take. */
const timeShare = 0.9

function combinatorialStep(state: CombinatorialState, event: ProtocolEvent): CombinatorialTurn {
  if (event.type === 'task-done') return [state, [done(priced(state, event.result as SolveResult))]]
  const { refused } = state.bids
  if (event.type === 'task-failed') {
    const { message } = event.error
    return [state, [done({ type: 'undecided', reason: 'solver-failed', error: message, refused })]]
  }
  if (state.isSolving) return [state, []]
  if (event.type === 'timer') return solving(state, event.atMs, [{ type: 'close-ask', ask }])
  if (event.type !== 'answers') return [state, []]
  const next = { ...state, bids: gatherBids(state.bids, event.answers, admission(state.spec)) }
  return event.pending > 0 ? [next, []] : solving(next, event.atMs, [{ type: 'cancel-timer', timer: 'bidding' }])
}

/** With the bids that are there. */
function solving(
  state: CombinatorialState,
  atMs: number,
  before: readonly ProtocolCommand<CombinatorialOutcome>[],
): CombinatorialTurn {
  const { spec, bids, endsAtMs } = state
  if (bids.bids.length === 0) return [state, [...before, done(noSale(bids.refused))]]
  const { problem, owners } = bundleProblem(saleOf(state))
  // So that there is an answer before the session's time is up.
  const timeLimitMs = Math.max(1, Math.min(spec.timeLimitMs, timeShare * (endsAtMs - atMs)))
  const input: SolveInput = { problem, owners, pricing: spec.pricing, timeLimitMs }
  return [{ ...state, isSolving: true }, [...before, { type: 'task', task: 'solve', id: 'winners', input }]]
}

function priced(state: CombinatorialState, result: SolveResult): CombinatorialOutcome {
  const { refused } = state.bids
  if (result.type === 'undecided') return { ...result, refused }
  const { winners, value, status, gap } = result.solution
  const sale = saleOf(state)
  const accepted = acceptedBids(sale, bundleProblem(sale), winners)
  return { ...awarded(bundleAwards(sale.items, accepted, result.payments), refused), value, status, gap }
}

function saleOf({ spec, ranks, bids }: CombinatorialState): BundleSale {
  return { items: spec.items, bids: bids.bids, exclusive: spec.exclusive, ranks }
}

function done(outcome: CombinatorialOutcome): ProtocolCommand<CombinatorialOutcome> {
  return { type: 'done', outcome }
}

function admission({ items, budgets, bidsMaxOfOne, exclusive }: CheckedCombinatorial): AdmissionRules {
  return {
    supply: new Map([...items].map(([item, { quantity }]) => [item, quantity])),
    minimumOf: (named) => reserveOf(named, items),
    budgets,
    bidsMax: bidsMaxOfOne,
    exclusive,
    identityOf: ({ items: named, quantity }) => JSON.stringify([quantity, ...named.toSorted()]),
  }
}
