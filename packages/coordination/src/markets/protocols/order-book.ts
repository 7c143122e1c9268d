/**
 * A continuous market as a session: round by round agents see the book and give or cancel orders, which are matched one by one in the order
 * in which they came. The book is open: everybody sees whose order is whose.
 */

import { checkOptions, definedOptions, invalidOption, type Random, rule, unknownName } from '@mabeam/foundation'
import { z } from 'zod'
import { askedRules } from '../../agents/asked-text.ts'
import type { Answer, Participant, Protocol, ProtocolCommand, Turn } from '../../sessions/protocol.ts'
import type { OrderBookOptions } from '../order-book.ts'
import { restingOrders } from '../order-book.ts'
import { counted, type RefusedStatements, statementOf } from '../statement.ts'
import {
  type Account,
  type FloorEvent,
  newTradingFloor,
  type TradingFloor,
  tradingFloorSteps,
} from '../trading-floor.ts'

export interface OrderBookSpec {
  readonly item: string
  /** What agents begin with, by id; who is not named has nothing. */
  readonly accounts: { readonly [agent: string]: Account }
  /** @default 1 */
  readonly rounds?: number
  /** Orders and cancellations of one agent in a round; those beyond are counted. @default 100 */
  readonly ordersMax?: number
  /** Trades that are told of at the end, the last ones. @default 10000 */
  readonly tradesMax?: number
  /** Orders a side, and last trades, that agents are shown. @default 100 */
  readonly depthMax?: number
  /** Tick, lot, limits of the book and what it does when somebody meets itself. @default {} */
  readonly book?: OrderBookOptions
  /** @default says what is asked for */
  readonly question?: string
  /** What agents should know besides; they get it as `context.about`. @default nothing */
  readonly context?: unknown
}

export const orderBookMarketDefaults = {
  rounds: 1,
  ordersMax: 100,
  tradesMax: 10_000,
  depthMax: 100,
  book: {},
  question: 'Your orders, and cancellations of orders that wait?',
} as const satisfies Omit<OrderBookSpec, 'item' | 'accounts'>

const whole = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const ordered = { side: z.enum(['buy', 'sell']), quantity: whole, ref: z.string().max(256).exactOptional() }

/**
 * What an agent answers where `context.market` is `order-book`, as the `value` of its ballot. Cancellations come first, by the
 * ids that the book gave; `context` has the book, all accounts, the round and the trades of the round before.
 * @example { orders: [{ order: 'limit', side: 'buy', price: 99, quantity: 10 }], cancels: [17] }
 */
export const ordersStatement = z.object({
  orders: z
    .array(
      z.union([
        z.object({ order: z.enum(['limit', 'immediate-or-cancel', 'fill-or-kill']), price: whole, ...ordered }),
        z.object({ order: z.literal('market'), ...ordered }),
      ]),
    )
    .max(10_000)
    .optional(),
  cancels: z.array(whole).max(10_000).optional(),
})

type Trade = Extract<FloorEvent, { type: 'traded' }>
type Rejection = Extract<FloorEvent, { type: 'rejected' }>['reason'] | 'too-many'

export interface OrderBookOutcome {
  /** Whether anything was traded. */
  readonly type: 'traded' | 'no-trade'
  /** Units that changed hands. */
  readonly volume: number
  readonly tradeCount: number
  /** The last ones, up to `tradesMax`. */
  readonly trades: readonly Trade[]
  /** Of the last trade. */
  readonly lastPrice?: number
  /** At the end; together what they were at the beginning. Orders that still waited are cancelled. */
  readonly accounts: { readonly [agent: string]: Account }
  /** Orders that did not count, by why. */
  readonly rejected: { readonly [reason in Rejection]?: number }
  /** Answers that did not count, by why. */
  readonly refused: RefusedStatements
}

interface CheckedOrderBook extends Required<Omit<OrderBookSpec, 'context'>> {
  readonly context: unknown
  readonly floor: TradingFloor
}

interface SessionState {
  readonly spec: CheckedOrderBook
  readonly participants: readonly string[]
  readonly random: Random
  readonly round: number
  readonly floor: TradingFloor
  /** Of this round. */
  readonly answers: readonly Answer[]
  readonly lastTrades: readonly Trade[]
  readonly trades: readonly Trade[]
  readonly tradeCount: number
  readonly volume: number
  readonly rejected: { readonly [reason in Rejection]?: number }
  readonly refused: RefusedStatements
}

type OrderBookTurn = Turn<SessionState, OrderBookOutcome>

/** `order-book`. Fails to start with `foundation/invalid-option`, `foundation/unknown-name`, `coordination/invalid-market`. */
export const orderBookMarket: Protocol<OrderBookSpec, CheckedOrderBook, SessionState, OrderBookOutcome> = {
  name: 'order-book',
  version: 1,
  check: checkOrderBook,
  begin({ spec, participants, random }) {
    const ids = participants.map(({ id }) => id)
    const nothing = { lastTrades: [], trades: [], tradeCount: 0, volume: 0, rejected: {}, refused: {}, answers: [] }
    return nextRound({ spec, participants: ids, random, round: 0, floor: spec.floor, ...nothing })
  },
  step(before, event) {
    if (event.type === 'ended') return closed(traded(before))
    if (event.type !== 'answers') return [before, []]
    const state = { ...before, answers: [...before.answers, ...event.answers] }
    if (event.pending > 0) return [state, []]
    const after = traded(state)
    return after.round >= after.spec.rounds ? closed(after) : nextRound(after)
  },
}

function checkOrderBook(spec: OrderBookSpec, participants: readonly Participant[]): CheckedOrderBook {
  checkOptions('order-book', spec, {
    item: rule.string(),
    accounts: rule.object(),
    rounds: rule.optional(rule.int(1, 1_000_000)),
    ordersMax: rule.optional(rule.int(1, 10_000)),
    tradesMax: rule.optional(rule.int(0, 1_000_000)),
    depthMax: rule.optional(rule.int(0, 10_000)),
    book: rule.optional(rule.object()),
    ...askedRules,
  })
  const ids = participants.map(({ id }) => id)
  for (const [id, account] of Object.entries(spec.accounts)) {
    if (!ids.includes(id)) throw unknownName('order-book', 'agent', id, ids)
    if (typeof account !== 'object' || account === null) {
      throw invalidOption('order-book', `accounts.${id}`, 'an object with cash and held', account)
    }
  }
  const full = { ...orderBookMarketDefaults, context: undefined, ...definedOptions(spec) }
  const nobody = Object.fromEntries(ids.map((id) => [id, { cash: 0, held: 0 }]))
  return { ...full, floor: newTradingFloor({ ...nobody, ...spec.accounts }, full.book) }
}

function nextRound(state: SessionState): OrderBookTurn {
  const { spec, floor, lastTrades } = state
  const round = state.round + 1
  const resting = restingOrders(floor.book)
  const shown = (side: 'buy' | 'sell') =>
    resting.flatMap(({ side: own, ...order }) => (own === side ? [order] : [])).slice(0, spec.depthMax)
  const context = {
    market: 'order-book',
    item: spec.item,
    round,
    rounds: spec.rounds,
    bids: shown('buy'),
    asks: shown('sell'),
    accounts: accountsOf(floor),
    lastTrades: lastTrades.slice(Math.max(0, lastTrades.length - spec.depthMax)),
    about: spec.context,
  }
  const ask: ProtocolCommand<OrderBookOutcome> = {
    type: 'ask',
    ask: `round ${round}`,
    round,
    request: 'ballot',
    question: { question: spec.question, context },
  }
  return [{ ...state, round, answers: [] }, [ask]]
}

/** All orders of the round, in the order in which answers came; of those that came together by lot. */
function traded(state: SessionState): SessionState {
  const drawn = state.random.fork(`round ${state.round}`).shuffle(state.participants.toSorted())
  const rank = new Map(drawn.map((id, place) => [id, place]))
  const inOrder = state.answers.toSorted(
    (a, b) => a.latencyMs - b.latencyMs || (rank.get(a.from) ?? 0) - (rank.get(b.from) ?? 0),
  )
  return inOrder.reduce(ordersTaken, { ...state, answers: [], lastTrades: [] })
}

function ordersTaken(state: SessionState, answer: Answer): SessionState {
  const { spec } = state
  const read = statementOf(ordersStatement, answer)
  if (typeof read === 'string') return { ...state, refused: counted(state.refused, read) }
  const { orders = [], cancels = [] } = read.said
  const by = answer.from
  const given = [
    ...cancels.map((id) => ({ type: 'cancel', by, id }) as const),
    ...orders.map((order) => ({ type: 'order', by, ...order }) as const),
  ]
  const [floor, events] = tradingFloorSteps(state.floor, given.slice(0, spec.ordersMax))
  const trades: Trade[] = []
  const rejected: Partial<Record<Rejection, number>> = { ...state.rejected }
  for (const event of events) {
    if (event.type === 'traded') trades.push(event)
    if (event.type === 'rejected') rejected[event.reason] = (rejected[event.reason] ?? 0) + 1
  }
  const beyond = Math.max(0, given.length - spec.ordersMax)
  if (beyond > 0) rejected['too-many'] = (rejected['too-many'] ?? 0) + beyond
  const kept = [...state.trades, ...trades]
  return {
    ...state,
    floor,
    rejected,
    lastTrades: [...state.lastTrades, ...trades],
    trades: kept.slice(Math.max(0, kept.length - spec.tradesMax)),
    tradeCount: state.tradeCount + trades.length,
    volume: trades.reduce((sum, { quantity }) => sum + quantity, state.volume),
  }
}

function closed(state: SessionState): OrderBookTurn {
  const { floor, volume, tradeCount, trades, rejected, refused } = state
  const { lastPrice } = floor.book
  const outcome: OrderBookOutcome = {
    type: tradeCount > 0 ? 'traded' : 'no-trade',
    volume,
    tradeCount,
    trades,
    ...(lastPrice !== undefined && { lastPrice }),
    accounts: accountsOf(floor),
    rejected,
    refused,
  }
  return [state, [{ type: 'done', outcome }]]
}

function accountsOf({ accounts }: TradingFloor): { readonly [agent: string]: Account } {
  return Object.fromEntries([...accounts].map(([id, { cash, held }]) => [id, { cash, held }]))
}
