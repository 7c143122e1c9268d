/** What must hold of sealed sales, over any way of setting payments: each says what it found broken first, if anything. */

import { type Random, seededRandom } from '@mabeam/foundation'
import type { Award, Bid } from './bid.ts'
import type { SealedPricing, SealedSale } from './sealed-sale.ts'

/** By bidder, what one unit more is worth to it each time: never more than the one before. */
type Values = readonly (readonly number[])[]

interface World {
  readonly values: Values
  readonly quantity: number
  readonly reserve: number
}

export function sealedLaw(pricing: SealedPricing): string | undefined {
  return inWorlds(300, (world) => {
    const sale = saleOf(world)
    const awards = pricing(sale)
    return brokenIn(awards, sale)
  })
}

/** No bidder gains by any other schedule of bids on a grid. Law of `vickrey` only. */
export function truthfulSealedLaw(pricing: SealedPricing): string | undefined {
  return inWorlds(120, (world) => {
    for (const bidder of world.values.keys()) {
      const honest = gain(pricing(saleOf(world)), world, bidder)
      for (const lie of lies(world.quantity)) {
        const values = world.values.map((own, at) => (at === bidder ? lie : own))
        const lied = gain(pricing(saleOf({ ...world, values })), world, bidder)
        if (lied > honest) return `bidder ${bidder} gains ${lied} by bidding ${lie} and ${honest} by the truth`
      }
    }
    return undefined
  })
}

function brokenIn(awards: readonly Award[], { bids, quantity, reserve }: SealedSale): string | undefined {
  const sold = awards.reduce((sum, award) => sum + award.quantity, 0)
  const wanted = bids.reduce((sum, bid) => sum + bid.quantity, 0)
  if (sold !== Math.min(quantity, wanted)) return `${sold} units sold of ${quantity}, and ${wanted} wanted`
  if (new Set(awards.map(({ bidder }) => bidder)).size < awards.length) return 'two awards of one bidder'
  const units = bids.flatMap(({ price, quantity: count }) => Array.from({ length: count }, () => price))
  const best = units.toSorted((a, b) => b - a).slice(0, quantity)
  const value = awards.reduce((sum, { price }) => sum + price, 0)
  if (value !== best.reduce((sum, price) => sum + price, 0)) return `worth ${value}, and the best bids are not`
  for (const award of awards) {
    if (award.pays > award.price) return `${award.bidder} pays ${award.pays} for what it bid ${award.price}`
    if (award.pays < reserve * award.quantity) return `${award.bidder} pays less than the reserve`
    const own = bids.filter(({ bidder }) => bidder === award.bidder)
    const most = own.flatMap(({ price, quantity: count }) => Array.from({ length: count }, () => price))
    const bid = most.toSorted((a, b) => b - a).slice(0, award.quantity)
    if (award.price !== bid.reduce((sum, price) => sum + price, 0)) return `${award.bidder} did not bid ${award.price}`
  }
  return undefined
}

function gain(awards: readonly Award[], { values }: World, bidder: number): number {
  const award = awards.find((one) => one.bidder === nameOf(bidder))
  if (award === undefined) return 0
  const own = values[bidder] ?? []
  return own.slice(0, award.quantity).reduce((sum, value) => sum + value, 0) - award.pays
}

/** One bid a unit; those below the reserve are not admitted. */
function saleOf({ values, quantity, reserve }: World): SealedSale {
  const bids = values.flatMap((own, at) =>
    own
      .filter((price) => price >= reserve)
      .map((price): Bid => ({ bidder: nameOf(at), items: ['it'], price, quantity: 1 })),
  )
  return { bids, quantity, reserve, ranks: new Map(values.map((_, at) => [nameOf(at), (at * 7) % values.length])) }
}

function lies(units: number): readonly (readonly number[])[] {
  const grid = [0, 1, 3, 4, 5, 6, 8, 9]
  if (units === 1) return grid.map((price) => [price])
  return grid.flatMap((first) => grid.filter((second) => second <= first).map((second) => [first, second]))
}

function inWorlds(worlds: number, broken: (world: World) => string | undefined): string | undefined {
  for (let seed = 0; seed < worlds; seed++) {
    const found = broken(drawnWorld(seededRandom(seed)))
    if (found !== undefined) return `seed ${seed}: ${found}`
  }
  return undefined
}

/** Small whole values, so that ties are common. */
function drawnWorld(random: Random): World {
  const quantity = 1 + random.int(3)
  const wanted = quantity === 1 ? 1 : 2
  return {
    quantity,
    reserve: random.int(2) * random.int(6),
    values: Array.from({ length: 1 + random.int(5) }, () =>
      Array.from({ length: wanted }, () => random.int(9)).toSorted((a, b) => b - a),
    ),
  }
}

function nameOf(bidder: number): string {
  return `b${bidder}`
}
