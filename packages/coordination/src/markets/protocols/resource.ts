/**
 * A market of resources among those who have some and those who need some, as a session: sellers say what they take for units, buyers what they
 * would pay. Cleared good by good at one price each, or in bundles that are got whole or not at all.
 */

import { checkOptions, definedOptions, invalidOption, rule, unknownName } from '@mabeam/foundation'
import { askedRules } from '../../agents/asked-text.ts'
import { auctionBidsMax, type Bid, bidAmountMax } from '../../auctions/bid.ts'
import {
  type AdmissionRules,
  type AdmittedBids,
  joinBids,
  noBids,
  type RefusedBids,
} from '../../auctions/bid-admission.ts'
import { gatherBids } from '../../auctions/bid-gathering.ts'
import { kPrice, type Trade } from '../../auctions/double-auction.ts'
import { type TieRanks, tieRanks } from '../../auctions/tie-order.ts'
import { solveDefaults, type WinnerSolution, type WinnerSolver } from '../../auctions/winner-determination.ts'
import { marketTooLarge } from '../../errors/market-errors.ts'
import type { AskCommand, Participant, Protocol, ProtocolEvent, Turn } from '../../sessions/protocol.ts'
import {
  type BoughtBundle,
  type BundleOffers,
  bundleExchangeProblem,
  type SoldUnits,
  settleBundles,
} from '../bundle-exchange.ts'
import { checkBudgets, checkGoods } from '../goods.ts'

export interface ResourceSpec {
  /** Names of what is traded, in whole units. */
  readonly goods: readonly string[]
  /** Ids of agents that sell. */
  readonly sellers: readonly string[]
  /** Ids of agents that buy; nobody does both. @default all others */
  readonly buyers?: readonly string[]
  /** What a buyer pays at most, by its id. @default no limit for anybody */
  readonly budgets?: { readonly [buyer: string]: number }
  /**
   * `double`: each good by itself, all its trades at one price. `bundles`: bids on sets of goods, of each buyer one at most, whole; by a solver.
   * @default 'double'
   */
  readonly clearing?: 'double' | 'bundles'
  /** What buyers have of the gain, in percent; with `double` the price is so far below the highest that clears. @default 50 */
  readonly buyersPercent?: number
  /**
   * Of one agent. With `bundles` at most its share of what the solver takes: 10,000 over the number of buyers and 20 times that of sellers, since
   * what is sold in parts is many bids to it. @default 100
   */
  readonly bidsMax?: number
  /** Of the solver; never more than nine tenths of what the session has left. @default 10000 */
  readonly timeLimitMs?: number
  /** @default says what is asked for */
  readonly question?: string
  /** What agents should know besides. @default nothing */
  readonly context?: unknown
}

export const resourceDefaults = {
  clearing: 'double',
  buyersPercent: 50,
  bidsMax: 100,
  timeLimitMs: solveDefaults.timeLimitMs,
  budgets: {},
  question: 'What would you pay, or take, for units of these?',
} as const satisfies Omit<ResourceSpec, 'goods' | 'sellers'>

export interface GoodTraded {
  readonly item: string
  readonly quantity: number
  /** Of a unit. */
  readonly price: number
  readonly trades: readonly Trade[]
}

export type ResourceOutcome =
  | {
      readonly type: 'cleared'
      readonly clearing: 'double'
      readonly goods: readonly GoodTraded[]
      readonly refused: RefusedBids
    }
  | {
      readonly type: 'cleared'
      readonly clearing: 'bundles'
      readonly bought: readonly BoughtBundle[]
      readonly sold: readonly SoldUnits[]
      /** What buyers bid above what sellers asked. */
      readonly gain: number
      /** Whether no other choice of bids gains more, and the share of the best value that may be missing if not. */
      readonly status: WinnerSolution['status']
      readonly gap: number
      readonly refused: RefusedBids
    }
  | {
      readonly type: 'uncleared'
      /** `no-gain`: nobody would pay what others would take. */
      readonly reason: 'no-bids' | 'no-gain' | 'solver-failed' | 'ended'
      /** What the solver failed with. */
      readonly error?: string
      readonly refused: RefusedBids
    }

interface CheckedResource {
  readonly goods: readonly string[]
  readonly sellers: readonly string[]
  readonly buyers: readonly string[]
  readonly budgets: ReadonlyMap<string, number>
  readonly clearing: 'double' | 'bundles'
  readonly buyersPercent: number
  readonly bidsMax: number
  readonly timeLimitMs: number
  readonly asked: { readonly question: string; readonly context: unknown }
}

interface ResourceState {
  readonly spec: CheckedResource
  readonly ranks: TieRanks
  readonly participants: readonly string[]
  readonly buys: AdmittedBids
  readonly sells: AdmittedBids
  /** Asks that are not over. */
  readonly open: readonly string[]
  readonly isSolving: boolean
  readonly endsAtMs: number
}

type ResourceTurn = Turn<ResourceState, ResourceOutcome>

/**
 * `resource`, with bundles by that solver. What is there when the session must end counts; with bundles who has not answered after four fifths of
 * the session's time is not waited for, so that there is some left to solve it in. Fails to start with `foundation/invalid-option`, `foundation/unknown-name`, `coordination/market-too-large`.
 */
export function resourceMarket(
  solver: WinnerSolver,
): Protocol<ResourceSpec, CheckedResource, ResourceState, ResourceOutcome> {
  return {
    name: 'resource',
    version: 1,
    check: checkResource,
    begin({ spec, participants, random, atMs, endsAtMs }) {
      const ranks = tieRanks(participants, 'drawn', random)
      const ids = participants.map(({ id }) => id)
      const open = ['buys', 'sells']
      const state = { spec, ranks, participants: ids, buys: noBids, sells: noBids, open, isSolving: false, endsAtMs }
      const asks = [ask(spec, 'buy'), ask(spec, 'sell')]
      const delayMs = offeringShare * (endsAtMs - atMs)
      return [state, spec.clearing === 'double' ? asks : [...asks, { type: 'timer', timer: 'offering', delayMs }]]
    },
    step: resourceStep,
    tasks: {
      async solve(input, signal) {
        const { offers, timeLimitMs } = input as SolveInput
        return await solver.solve(bundleExchangeProblem(offers), { timeLimitMs, signal })
      },
    },
  }
}

/** How much of the session's time agents have at most where a solver needs some too. */
const offeringShare = 0.8
/** How much of the time that is left the solver may take. */
const solvingShare = 0.9

interface SolveInput {
  readonly offers: BundleOffers
  readonly timeLimitMs: number
}

function checkResource(spec: ResourceSpec, participants: readonly Participant[]): CheckedResource {
  const owner = 'resource'
  checkOptions(owner, spec, {
    goods: rule.array(),
    sellers: rule.array(),
    buyers: rule.optional(rule.array()),
    budgets: rule.optional(rule.object()),
    clearing: rule.optional(rule.oneOf(['double', 'bundles'])),
    buyersPercent: rule.optional(rule.int(0, 100)),
    bidsMax: rule.optional(rule.int(1, 1_000)),
    timeLimitMs: rule.optional(rule.number(1)),
    ...askedRules,
  })
  const { question, context, budgets, ...full } = { ...resourceDefaults, context: undefined, ...definedOptions(spec) }
  const ids = participants.map(({ id }) => id)
  const { names } = checkGoods(owner, spec.goods, { participants: ids.length })
  const { sellers, buyers = ids.filter((id) => !sellers.includes(id)) } = spec
  const named = [...sellers, ...buyers]
  for (const id of named) if (!ids.includes(id)) throw unknownName(owner, 'agent', String(id), ids)
  if (new Set(named).size < named.length) throw invalidOption(owner, 'sellers', 'each agent once, on one side', sellers)
  if (sellers.length === 0) throw invalidOption(owner, 'sellers', 'at least one agent', sellers)
  if (buyers.length === 0) throw invalidOption(owner, 'buyers', 'at least one agent', buyers)
  const bidsMax = full.clearing === 'double' ? full.bidsMax : Math.min(full.bidsMax, bundleBidsMax(buyers, sellers))
  const limits = checkBudgets(owner, budgets, { ids: buyers, others: Number.MAX_SAFE_INTEGER })
  return { ...full, bidsMax, goods: names, sellers, buyers, budgets: limits, asked: { question, context } }
}

/** Bids of one agent so that those of all are a problem that can be solved, whatever they bid. */
function bundleBidsMax(buyers: readonly string[], sellers: readonly string[]): number {
  const each = buyers.length + lotsMax * sellers.length
  if (each > auctionBidsMax) throw marketTooLarge('resource', 'buyers and 20 times sellers', auctionBidsMax, each)
  return Math.floor(auctionBidsMax / each)
}

function ask(spec: CheckedResource, side: 'buy' | 'sell'): AskCommand {
  const question = { ...spec.asked, side, items: [...spec.goods] }
  const [name, to] = side === 'buy' ? ['buys', spec.buyers] : ['sells', spec.sellers]
  return { type: 'ask', ask: name, round: 1, request: 'bid', question, to }
}

function resourceStep(state: ResourceState, event: ProtocolEvent): ResourceTurn {
  const { refused } = joinBids(state.buys, state.sells)
  switch (event.type) {
    case 'answers':
      return state.isSolving ? [state, []] : answered(state, event)
    case 'task-done':
      return [state, [{ type: 'done', outcome: bundled(state, event.result as WinnerSolution) }]]
    case 'task-failed': {
      const outcome = { type: 'uncleared', reason: 'solver-failed', error: event.error.message, refused } as const
      return [state, [{ type: 'done', outcome }]]
    }
    case 'timer':
      return state.isSolving ? [state, []] : cleared(state, event.atMs)
    case 'ended': {
      if (state.spec.clearing === 'double') return cleared(state, event.atMs)
      return [state, [{ type: 'done', outcome: { type: 'uncleared', reason: 'ended', refused } }]]
    }
    default:
      return [state, []]
  }
}

function answered(
  state: ResourceState,
  { ask: name, answers, pending, atMs }: Extract<ProtocolEvent, { type: 'answers' }>,
): ResourceTurn {
  const { spec } = state
  const next = {
    ...state,
    ...(name === 'buys'
      ? { buys: gatherBids(state.buys, answers, admission(spec, 'buy')) }
      : { sells: gatherBids(state.sells, answers, admission(spec, 'sell')) }),
    open: pending > 0 ? state.open : state.open.filter((one) => one !== name),
  }
  return next.open.length === 0 ? cleared(next, atMs) : [next, []]
}

function cleared(state: ResourceState, atMs: number): ResourceTurn {
  const { spec, ranks, endsAtMs } = state
  const { refused } = joinBids(state.buys, state.sells)
  const offers = offersOf(state)
  if (offers.buys.length === 0 || offers.sells.length === 0) {
    return [state, [{ type: 'done', outcome: { type: 'uncleared', reason: 'no-bids', refused } }]]
  }
  if (spec.clearing === 'bundles') {
    const timeLimitMs = Math.max(1, Math.min(spec.timeLimitMs, solvingShare * (endsAtMs - atMs)))
    const input: SolveInput = { offers, timeLimitMs }
    const closed = state.open.map((name) => ({ type: 'close-ask', ask: name }) as const)
    return [{ ...state, isSolving: true }, [...closed, { type: 'task', task: 'solve', id: 'bundles', input }]]
  }
  const goods = spec.goods.flatMap((item): GoodTraded[] => {
    const orders = (bids: readonly Bid[]) =>
      bids.flatMap(({ bidder, items, price, quantity }) =>
        items[0] === item ? [{ trader: bidder, price, quantity }] : [],
      )
    const book = { buys: orders(offers.buys), sells: orders(offers.sells), ranks }
    const { quantity, price, trades } = kPrice(book, 100 - spec.buyersPercent)
    return price === undefined ? [] : [{ item, quantity, price: price.buyersPay, trades }]
  })
  const outcome: ResourceOutcome =
    goods.length === 0
      ? { type: 'uncleared', reason: 'no-gain', refused }
      : { type: 'cleared', clearing: 'double', goods, refused }
  return [state, [{ type: 'done', outcome }]]
}

function bundled(state: ResourceState, { winners, status, gap }: WinnerSolution): ResourceOutcome {
  const { refused } = joinBids(state.buys, state.sells)
  const offers = offersOf(state)
  const places = winners.filter((place) => place < offers.buys.length)
  const { bought, sold, gain } = settleBundles(offers, places, state.spec.buyersPercent)
  if (bought.length === 0) return { type: 'uncleared', reason: 'no-gain', refused }
  return { type: 'cleared', clearing: 'bundles', bought, sold, gain, status, gap, refused }
}

/** In the order of participants, so that it does not matter who answered first. */
function offersOf({ spec, participants, buys, sells, ranks }: ResourceState): BundleOffers {
  const place = new Map(participants.map((id, at) => [id, at]))
  const inOrder = ({ bids }: AdmittedBids) =>
    bids.toSorted((a, b) => (place.get(a.bidder) ?? 0) - (place.get(b.bidder) ?? 0))
  return { goods: spec.goods, buys: inOrder(buys), sells: inOrder(sells), ranks }
}

/** Only a buyer of bundles names several goods in a bid, and is served one bid at most. */
function admission(spec: CheckedResource, side: 'buy' | 'sell'): AdmissionRules {
  const isBundles = side === 'buy' && spec.clearing === 'bundles'
  return {
    supply: new Map(spec.goods.map((good) => [good, unitsMax])),
    minimumOf: (items) => (!isBundles && items.length > 1 ? Number.POSITIVE_INFINITY : isBundles ? 1 : 0),
    budgets: side === 'buy' ? spec.budgets : new Map(),
    bidsMax: spec.bidsMax,
    exclusive: isBundles,
  }
}

/** Of one good by one agent, so that sums are safe integers. */
const unitsMax = Math.floor(Math.sqrt(bidAmountMax))
/** Parts of one offer of so many units, to the solver. */
const lotsMax = Math.floor(Math.log2(unitsMax)) + 1
