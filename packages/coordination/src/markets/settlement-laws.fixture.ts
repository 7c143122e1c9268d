/** What must hold where goods and money change hands: nothing is lost, nothing made, and nobody pays what it has not. */

import { type Random, seededRandom } from '@mabeam/foundation'
import type { Bid } from '../auctions/bid.ts'
import { branchAndBound } from '../auctions/solvers/branch-and-bound.ts'
import { type BundleOffers, bundleExchangeProblem, type settleBundles } from './bundle-exchange.ts'
import type { BookInput } from './order-book.ts'
import { newTradingFloor, type TradingFloor, type tradingFloorStep } from './trading-floor.ts'

export function remainderViolations(
  share: (total: number, weights: readonly number[]) => number[],
  seed: number,
): string[] {
  const random = seededRandom(`remainder ${seed}`)
  const weights = Array.from({ length: 1 + random.int(9) }, () =>
    random.int(4) === 0 ? 0 : 10 ** (random.int(12) - 6) * random.next(),
  )
  const total = seed % 5 === 0 ? Number.MAX_SAFE_INTEGER - random.int(9) : random.int(10_000)
  const parts = share(total, weights)
  const all = weights.reduce((sum, one) => sum + one, 0)
  const broken: string[] = []
  const sum = parts.reduce((one, part) => one + BigInt(part), 0n)
  if (sum !== BigInt(all > 0 ? total : 0)) broken.push(`${sum} of ${total}`)
  for (const [at, weight] of weights.entries()) {
    const exact = all > 0 ? (total * weight) / all : 0
    // What a float is off by in the expectation itself.
    const blur = 1 + total * 1e-14
    if (Math.abs((parts[at] as number) - exact) > blur) broken.push(`${parts[at]} instead of ${exact}`)
    if (weight === 0 && parts[at] !== 0) broken.push('something for nothing')
  }
  return broken
}

export function floorViolations(step: typeof tradingFloorStep, seed: number): string[] {
  const random = seededRandom(`floor ${seed}`)
  const traders = ['a', 'b', 'c', 'd']
  let floor = newTradingFloor(
    Object.fromEntries(traders.map((id) => [id, { cash: random.int(500), held: random.int(10) }])),
  )
  const totals = totalsOf(floor)
  for (let at = 0; at < 120; at++) {
    const [after, events] = step(floor, drawnOrder(random, floor))
    if (events.length === 0) return ['nothing happened']
    floor = after
    if (totalsOf(floor).join() !== totals.join()) return ['money or goods are lost or made']
    for (const [id, { cash, held, cashReserved, heldReserved }] of floor.accounts) {
      if (cashReserved > cash || heldReserved > held) return [`${id} has promised more than it has`]
      if (Math.min(cash, held, cashReserved, heldReserved) < 0) return [`${id} has less than nothing`]
      const bids = floor.book.bids.flatMap(({ orders }) => orders).filter(({ by }) => by === id)
      if (bids.reduce((sum, { price, quantity }) => sum + price * quantity, 0) !== cashReserved)
        return ['sets aside something else']
    }
  }
  return []
}

function totalsOf({ accounts }: TradingFloor): readonly number[] {
  const own = [...accounts.values()]
  return [own.reduce((sum, { cash }) => sum + cash, 0), own.reduce((sum, { held }) => sum + held, 0)]
}

function drawnOrder(random: Random, { book }: TradingFloor): BookInput {
  const by = (['a', 'b', 'c', 'd', 'stranger'] as const)[random.int(16) % 5] as string
  if (random.int(6) === 0) return { type: 'cancel', by, id: 1 + random.int(book.nextId) }
  const side = random.int(2) === 0 ? 'buy' : 'sell'
  const quantity = 1 + random.int(6)
  if (random.int(5) === 0) return { type: 'order', order: 'market', by, side, quantity }
  return { type: 'order', order: 'limit', by, side, quantity, price: 20 + random.int(20) }
}

/** Balanced, nobody loses by its own figures, served whole from units that there are, and worth the most that can be. */
export async function bundleViolations(settle: typeof settleBundles, seed: number): Promise<string[]> {
  const offers = drawnOffers(seed)
  const { winners } = await branchAndBound().solve(bundleExchangeProblem(offers))
  const places = winners.filter((place) => place < offers.buys.length)
  const { bought, sold, gain } = settle(offers, places, [0, 50, 100, 33][seed % 4] as number)
  const broken: string[] = []
  const sum = (amounts: readonly number[]) => amounts.reduce((all, one) => all + one, 0)
  if (sum(bought.map(({ pays }) => pays)) !== sum(sold.map(({ receives }) => receives))) broken.push('not balanced')
  if (bought.some(({ bid, pays }) => !(pays >= 0 && pays <= bid))) broken.push('a buyer pays more than it bid')
  if (sold.some(({ asked, receives }) => receives < asked)) broken.push('a seller gets less than it asked')
  for (const good of offers.goods) {
    const wanted = sum(bought.map(({ items, quantity }) => (items.includes(good) ? quantity : 0)))
    if (wanted !== sum(sold.flatMap(({ item, quantity }) => (item === good ? [quantity] : []))))
      broken.push(`${good}: not what is sold`)
  }
  for (const { bidder, items, quantity } of offers.sells) {
    const gives = sum(sold.flatMap((one) => (one.seller === bidder && one.item === items[0] ? [one.quantity] : [])))
    if (gives > quantity) broken.push(`${bidder} sells more than it has`)
  }
  if (gain !== bestGain(offers)) broken.push(`gains ${gain}, not ${bestGain(offers)}`)
  return broken
}

function drawnOffers(seed: number): BundleOffers {
  const random = seededRandom(`offers ${seed}`)
  const goods = ['x', 'y', 'z'].slice(0, 1 + random.int(3))
  const sells = goods.flatMap((item) =>
    Array.from(
      { length: random.int(3) },
      (_, at): Bid => ({ bidder: `s${at}`, items: [item], price: random.int(8), quantity: 1 + random.int(4) }),
    ),
  )
  const buys = Array.from({ length: 1 + random.int(6) }, (_, at): Bid => {
    const items = random.shuffle(goods).slice(0, 1 + random.int(goods.length))
    return { bidder: `b${at % 4}`, items, price: 1 + random.int(20), quantity: 1 + random.int(2) }
  })
  return { goods, buys, sells, ranks: new Map() }
}

/** All sets of bids, one of a buyer at most, each from the cheapest units. */
function bestGain({ goods, buys, sells }: BundleOffers): number {
  let best = 0
  for (let set = 1; set < 2 ** buys.length; set++) {
    const served = buys.filter((_, at) => (set & (1 << at)) !== 0)
    if (new Set(served.map(({ bidder }) => bidder)).size < served.length) continue
    let gain = served.reduce((sum, { price, quantity }) => sum + price * quantity, 0)
    for (const good of goods) {
      const needed = served.reduce((sum, { items, quantity }) => sum + (items.includes(good) ? quantity : 0), 0)
      const units = sells.flatMap(({ items, price, quantity }) =>
        items[0] === good ? new Array<number>(quantity).fill(price) : [],
      )
      const costs = units.toSorted((a, b) => a - b).slice(0, needed)
      gain = costs.length < needed ? Number.NEGATIVE_INFINITY : costs.reduce((left, cost) => left - cost, gain)
    }
    best = Math.max(best, gain)
  }
  return best
}
