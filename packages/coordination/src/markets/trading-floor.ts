/**
 * An order book whose traders have accounts: nobody can order what it could not pay or deliver, since what waits is set aside. Trades are
 * settled at once. A pure step, as the book is.
 */

import { invalidMarket } from '../errors/market-errors.ts'
import {
  type BookInput,
  type BookRefusal,
  newOrderBook,
  type OrderBook,
  type OrderBookOptions,
  orderBookStep,
} from './order-book.ts'
import type { BookEvent } from './order-match.ts'

export interface Account {
  /** Money, set aside or not: a whole number >= 0. */
  readonly cash: number
  /** Of the item, set aside or not: a whole number >= 0. */
  readonly held: number
}

/** An account with what its waiting orders may take of it. */
interface ReservedAccount extends Account {
  readonly cashReserved: number
  readonly heldReserved: number
}

export interface TradingFloor {
  readonly book: OrderBook
  readonly accounts: ReadonlyMap<string, ReservedAccount>
}

export type FloorEvent =
  | Exclude<BookEvent, { type: 'rejected' }>
  | {
      readonly type: 'rejected'
      readonly by: string
      /** `uncovered`: it could cost more, or deliver more, than its owner has to spare. `no-account`: its owner has none. */
      readonly reason: BookRefusal | 'uncovered' | 'no-account'
      readonly ref?: string
    }

/**
 * Throws: `coordination/invalid-market` unless accounts are whole numbers >= 0 that sum to safe integers; as `newOrderBook`.
 */
export function newTradingFloor(
  accounts: { readonly [trader: string]: Account },
  options: OrderBookOptions = {},
): TradingFloor {
  const opened = new Map<string, ReservedAccount>()
  let [cashSum, heldSum] = [0, 0]
  for (const [trader, { cash, held }] of Object.entries(accounts)) {
    for (const [what, amount] of Object.entries({ cash, held })) {
      if (Number.isSafeInteger(amount) && amount >= 0) continue
      throw invalidMarket('newTradingFloor', `accounts.${trader}.${what}`, 'a whole number >= 0', amount)
    }
    opened.set(trader, { cash, held, cashReserved: 0, heldReserved: 0 })
    cashSum += cash
    heldSum += held
  }
  if (!Number.isSafeInteger(cashSum) || !Number.isSafeInteger(heldSum)) {
    throw invalidMarket('newTradingFloor', 'accounts', 'sums below 2^53', Math.max(cashSum, heldSum))
  }
  return { book: newOrderBook(options), accounts: opened }
}

/**
 * The floor after one order or cancellation, and what happened.
 *
 * Ensures: all cash together and all of the item together stay what they were; no account falls below 0, or below what is set aside of it. An
 * order that could break that is rejected whole.
 */
export function tradingFloorStep(
  floor: TradingFloor,
  input: BookInput,
): readonly [floor: TradingFloor, events: readonly FloorEvent[]] {
  return tradingFloorSteps(floor, [input])
}

/** The same for several, one after the other: accounts are copied once, however many orders there are. */
export function tradingFloorSteps(
  before: TradingFloor,
  inputs: readonly BookInput[],
): readonly [floor: TradingFloor, events: readonly FloorEvent[]] {
  let { book } = before
  const accounts = new Map(before.accounts)
  const all: FloorEvent[] = []
  for (const input of inputs) {
    const { by } = input
    if (!accounts.has(by)) {
      all.push(refused(input, 'no-account'))
      continue
    }
    const [next, events] = orderBookStep(book, input)
    const touched: Touched = { accounts, were: new Map() }
    for (const event of events) settle(touched, event)
    // Looked at afterwards: what an order at any price costs is known once it has been matched, and nothing has happened until then.
    const own = accounts.get(by)
    if (own === undefined || own.cashReserved > own.cash || own.heldReserved > own.held) {
      for (const [trader, was] of touched.were) accounts.set(trader, was)
      all.push(refused(input, 'uncovered'))
      continue
    }
    book = next
    for (const event of events) all.push(event)
  }
  return [{ book, accounts }, all]
}

function refused(input: BookInput, reason: 'uncovered' | 'no-account'): FloorEvent {
  const ref = input.type === 'order' ? input.ref : undefined
  return { type: 'rejected', by: input.by, reason, ...(ref !== undefined && { ref }) }
}

/** Accounts, and those of them that one order has changed as they were. */
interface Touched {
  readonly accounts: Map<string, ReservedAccount>
  readonly were: Map<string, ReservedAccount>
}

function settle(accounts: Touched, event: BookEvent): void {
  switch (event.type) {
    case 'accepted':
    case 'rejected':
      return
    case 'rested':
      reserve(accounts, event.by, { ...event, sign: 1 })
      return
    case 'cancelled':
      if (event.waited !== undefined)
        reserve(accounts, event.by, { ...event.waited, quantity: event.quantity, sign: -1 })
      return
    case 'traded': {
      const { buyer, seller, price, quantity, isBuyerMaker } = event
      const money = price * quantity
      change(accounts, buyer, { cash: -money, held: quantity })
      change(accounts, seller, { cash: money, held: -quantity })
      const [maker, side] = isBuyerMaker ? ([buyer, 'buy'] as const) : ([seller, 'sell'] as const)
      reserve(accounts, maker, { side, price, quantity, sign: -1 })
    }
  }
}

function reserve(
  accounts: Touched,
  trader: string,
  waiting: { readonly side: 'buy' | 'sell'; readonly price: number; readonly quantity: number; readonly sign: 1 | -1 },
): void {
  const { side, price, quantity, sign } = waiting
  if (side === 'buy') change(accounts, trader, { cashReserved: sign * price * quantity })
  else change(accounts, trader, { heldReserved: sign * quantity })
}

function change({ accounts, were }: Touched, trader: string, by: Partial<ReservedAccount>): void {
  const own = accounts.get(trader)
  if (own === undefined) return
  if (!were.has(trader)) were.set(trader, own)
  accounts.set(trader, {
    cash: own.cash + (by.cash ?? 0),
    held: own.held + (by.held ?? 0),
    cashReserved: own.cashReserved + (by.cashReserved ?? 0),
    heldReserved: own.heldReserved + (by.heldReserved ?? 0),
  })
}
