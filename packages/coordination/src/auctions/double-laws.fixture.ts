/** What must hold of double auctions, over any implementation: each says what it found broken first, if anything. */

import { type Random, seededRandom } from '@mabeam/foundation'
import type { DoubleBook, DoubleClearing, Order } from './double-auction.ts'

type Clear = (book: DoubleBook) => DoubleClearing

/** Nobody loses, nothing is lost or made up, and the money that comes in is what goes out and what stays. */
export function fairLaw(clear: Clear, unitsMax: number): string | undefined {
  return inWorlds(300, unitsMax, (book) => {
    const clearing = clear(book)
    return unfairIn(clearing, book) ?? efficiencyBroken(clearing, book)
  })
}

/** At most one gainful trade is given up, and there is never a deficit. */
export function mcAfeeLaw(clear: Clear): string | undefined {
  return inWorlds(300, 1, (book) => {
    const { quantity, surplus } = clear(book)
    const gainful = gainfulUnits(book)
    if (quantity < gainful - 1) return `${quantity} trades of ${gainful}`
    return surplus < 0 ? `a deficit of ${surplus}` : undefined
  })
}

/** All gainful trades, and nothing stays with the auctioneer. */
export function kPriceLaw(clear: Clear): string | undefined {
  return inWorlds(300, 4, (book) => {
    const { quantity, surplus, price } = clear(book)
    const gainful = gainfulUnits(book)
    if (quantity !== gainful) return `${quantity} units of ${gainful}`
    if (surplus !== 0) return `a surplus of ${surplus}`
    if (price === undefined) return undefined
    // At a price that clears, all who would still gain have traded.
    const wants = sum(book.buys.filter((order) => order.price > price.buyersPay))
    const offers = sum(book.sells.filter((order) => order.price < price.sellersGet))
    return wants > quantity || offers > quantity ? `at ${price.buyersPay} some are left who would trade` : undefined
  })
}

/** Nobody gains by any other order on a grid. Law of `mcAfee` only. */
export function truthfulDoubleLaw(clear: Clear): string | undefined {
  return inWorlds(150, 1, (book) => {
    for (const side of ['buys', 'sells'] as const) {
      for (const { trader, price: value } of book[side]) {
        const honest = gainOf(clear(book), { trader, value })
        for (let price = 0; price <= 13; price++) {
          const lied = book[side].map((one) => (one.trader === trader ? { ...one, price } : one))
          const gained = gainOf(clear({ ...book, [side]: lied }), { trader, value })
          if (gained > honest) return `${trader} gains ${gained} by ${price} and ${honest} by the truth, ${value}`
        }
      }
    }
    return undefined
  })
}

function unfairIn({ trades, quantity, surplus }: DoubleClearing, book: DoubleBook): string | undefined {
  if (trades.some((trade) => trade.quantity < 1)) return 'a trade of nothing'
  if (trades.reduce((total, trade) => total + trade.quantity, 0) !== quantity) return 'units that nobody trades'
  const paid = trades.reduce((total, { pays }) => total + pays, 0)
  const received = trades.reduce((total, { receives }) => total + receives, 0)
  if (paid !== received + surplus) return `${paid} paid, ${received} received, ${surplus} kept`
  for (const { buyer, seller, quantity: units, pays, receives } of trades) {
    if (!within(book.buys, buyer, (price) => pays <= price * units)) return `${buyer} pays too much`
    if (!within(book.sells, seller, (price) => receives >= price * units)) return `${seller} gets too little`
  }
  for (const order of [...book.buys, ...book.sells]) {
    const done = trades.filter(({ buyer, seller }) => buyer === order.trader || seller === order.trader)
    if (done.reduce((total, trade) => total + trade.quantity, 0) > order.quantity)
      return `${order.trader} trades too much`
  }
  return undefined
}

/** Of those who buy the ones who would pay most trade, and of those who sell the ones who would take least. */
function efficiencyBroken({ trades }: DoubleClearing, { buys, sells }: DoubleBook): string | undefined {
  const didTrade = (side: 'buyer' | 'seller') => new Set(trades.map((trade) => trade[side]))
  const [bought, sold] = [didTrade('buyer'), didTrade('seller')]
  const worstBuy = Math.min(...buys.filter(({ trader }) => bought.has(trader)).map(({ price }) => price))
  const bestLeft = Math.max(...buys.filter(({ trader }) => !bought.has(trader)).map(({ price }) => price))
  const worstSell = Math.max(...sells.filter(({ trader }) => sold.has(trader)).map(({ price }) => price))
  const leastLeft = Math.min(...sells.filter(({ trader }) => !sold.has(trader)).map(({ price }) => price))
  return bestLeft > worstBuy || leastLeft < worstSell ? 'a better order does not trade' : undefined
}

function within(orders: readonly Order[], trader: string, holds: (price: number) => boolean): boolean {
  return orders.some((order) => order.trader === trader && holds(order.price))
}

function gainOf({ trades }: DoubleClearing, { trader, value }: { trader: string; value: number }): number {
  return trades.reduce((total, { buyer, seller, pays, receives }) => {
    if (buyer === trader) return total + value - pays
    return seller === trader ? total + receives - value : total
  }, 0)
}

/** Counted unit by unit. */
function gainfulUnits({ buys, sells }: DoubleBook): number {
  const units = (orders: readonly Order[]) =>
    orders.flatMap(({ price, quantity }) => Array.from({ length: quantity }, () => price))
  const wanted = units(buys).toSorted((a, b) => b - a)
  const offered = units(sells).toSorted((a, b) => a - b)
  let gainful = 0
  while ((wanted[gainful] ?? -1) >= (offered[gainful] ?? Number.POSITIVE_INFINITY)) gainful++
  return gainful
}

function sum(orders: readonly Order[]): number {
  return orders.reduce((total, { quantity }) => total + quantity, 0)
}

function inWorlds(worlds: number, unitsMax: number, broken: (book: DoubleBook) => string | undefined) {
  for (let seed = 0; seed < worlds; seed++) {
    const found = broken(drawnBook(seededRandom(seed), unitsMax))
    if (found !== undefined) return `seed ${seed}: ${found}`
  }
  return undefined
}

function drawnBook(random: Random, unitsMax: number): DoubleBook {
  const orders = (side: string) =>
    Array.from({ length: random.int(6) }, (_, at): Order => {
      return { trader: `${side}${at}`, price: random.int(13), quantity: 1 + random.int(unitsMax) }
    })
  const [buys, sells] = [orders('b'), orders('s')]
  const names = random.shuffle([...buys, ...sells].map(({ trader }) => trader))
  return { buys, sells, ranks: new Map(names.map((name, rank) => [name, rank])) }
}
