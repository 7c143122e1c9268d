/** What must hold of auctions as they are run, over any protocol: what was found broken first, if anything. */

import { seededRandom } from '@mabeam/foundation'
import type { RequestAnswer } from '../agents/agent-request.ts'
import { runProtocol } from '../testing/protocol-run.ts'
import type { AdmissionRules, AdmittedBids, BidRefusal } from './bid-admission.ts'
import { bidding, names, sets, upTo } from './bidders.fixture.ts'
import type { combinatorialAuction } from './kinds/combinatorial.ts'
import type { dutchAuction } from './kinds/dutch.ts'
import type { englishAuction } from './kinds/english.ts'

interface World {
  readonly values: readonly number[]
  readonly step: number
  readonly reserve: number
  readonly seed: number
}

/** The winner is one whose value is highest but for less than an increment, and the price within one increment of the second value. */
export function englishLaw(protocol: typeof englishAuction): Promise<string | undefined> {
  return inWorlds(100, async ({ values, step, reserve, seed }) => {
    const ids = names(values.length)
    const spec = { item: 'it', increment: step, reserve }
    const answer = bidding(Object.fromEntries(ids.map((id, place) => [id, upTo(values[place] ?? 0)])))
    const { outcome } = await runProtocol(protocol, { spec, participants: ids, seed, answer })
    const [first = -1, second = -1] = values.toSorted((a, b) => b - a)
    if (first < reserve) return outcome?.type === 'no-sale' ? undefined : 'sold below the reserve'
    if (outcome?.type !== 'awarded') return 'not sold'
    const [award] = outcome.awards
    const value = values[ids.indexOf(award?.bidder ?? '')] ?? -1
    const pays = award?.pays ?? -1
    if (pays > value) return `pays ${pays} for ${value}`
    if (outcome.revenue !== pays || outcome.awards.length !== 1) return 'money or items made up'
    const due = Math.max(second, reserve)
    return Math.abs(pays - due) <= step && pays >= reserve ? undefined : `pays ${pays}, and the second value is ${due}`
  })
}

/** It goes at the first price called that somebody would pay, to one who would, for just that price. */
export function dutchLaw(protocol: typeof dutchAuction): Promise<string | undefined> {
  return inWorlds(100, async ({ values, step, reserve, seed }) => {
    const ids = names(values.length)
    const spec = { item: 'it', from: 40, decrement: step, reserve }
    // They bid all that it is worth to them, and pay what was called all the same.
    const answer = bidding(
      Object.fromEntries(
        ids.map((id, place) => {
          const value = values[place] ?? 0
          return [id, ({ question }) => (value >= (question.price ?? 0) ? [{ items: ['it'], price: value }] : [])]
        }),
      ),
    )
    const { outcome } = await runProtocol(protocol, { spec, participants: ids, seed, answer })
    const calls = [...Array.from({ length: 41 }, (_, call) => 40 - call * step).filter((p) => p > reserve), reserve]
    const price = calls.find((called) => values.some((value) => value >= called))
    if (price === undefined) return outcome?.type === 'no-sale' ? undefined : 'sold below the reserve'
    if (outcome?.type !== 'awarded') return 'not sold'
    const [award] = outcome.awards
    if (award?.pays !== price || outcome.revenue !== price) return `pays ${award?.pays}, and ${price} was called`
    return (values[ids.indexOf(award.bidder)] ?? -1) >= price ? undefined : `${award.bidder} did not take it`
  })
}

/** No item is sold more often than it is there, nobody pays more than its bid, its budget or less than reserves, money adds up. */
export function bundlesLaw(protocol: ReturnType<typeof combinatorialAuction>): Promise<string | undefined> {
  return inWorlds(80, async ({ seed }) => {
    const random = seededRandom(`bundles ${seed}`)
    const items = ['a', 'b', 'c', 'd'].map((item) => ({ item, quantity: 1 + random.int(2), reserve: random.int(4) }))
    const ids = names(2 + random.int(4))
    const budgets = Object.fromEntries(ids.slice(1).map((id) => [id, random.int(30)]))
    const exclusive = random.next() < 0.5
    const bids = new Map(
      ids.map((id) => [
        id,
        Array.from({ length: 1 + random.int(3) }, () => {
          const named = random.shuffle(['a', 'b', 'c', 'd']).slice(0, 1 + random.int(3))
          return [named, random.int(25), 1 + random.int(2)] as const
        }),
      ]),
    )
    const pricing = random.next() < 0.7 ? ('vcg' as const) : ('pay-as-bid' as const)
    const spec = { items, budgets, exclusive, pricing }
    const answer = bidding(Object.fromEntries([...bids].map(([id, own]) => [id, sets(...own)])))
    const { outcome } = await runProtocol(protocol, { spec, participants: ids, seed, answer })
    if (outcome?.type === 'undecided') return 'undecided'
    if (outcome?.type !== 'awarded') return undefined
    const { awards, revenue } = outcome
    if (revenue !== awards.reduce((sum, { pays }) => sum + pays, 0)) return 'money made up'
    for (const { item, quantity } of items) {
      const sold = awards.reduce((sum, award) => sum + (award.items.includes(item) ? award.quantity : 0), 0)
      if (sold > quantity) return `${sold} of ${item} sold, and there are ${quantity}`
    }
    for (const award of awards) {
      const reserve = award.items.reduce((sum, item) => sum + (items.find((one) => one.item === item)?.reserve ?? 0), 0)
      if (award.pays > award.price || award.pays < reserve * award.quantity) {
        return `${award.bidder} bid ${award.price}, pays ${award.pays}, reserve ${reserve} each`
      }
      const own = bids.get(award.bidder) ?? []
      if (!own.some(([named, price, units]) => named === award.items || isBid(award, { named, price, units }))) {
        return `${award.bidder} did not bid that`
      }
    }
    for (const id of ids) {
      const own = awards.filter(({ bidder }) => bidder === id)
      if (exclusive && own.length > 1) return `${id} wins twice`
      const pays = own.reduce((sum, award) => sum + award.pays, 0)
      if (pays > (budgets[id] ?? Number.POSITIVE_INFINITY)) return `${id} pays ${pays} of ${budgets[id]}`
    }
    return undefined
  })
}

/** Each bid is admitted or counted as refused, once; what is admitted can be paid and delivered. */
export function admissionLaw(
  admit: (bidder: string, answer: RequestAnswer<'bid'>, rules: AdmissionRules) => AdmittedBids,
): string | undefined {
  for (let seed = 0; seed < 300; seed++) {
    const random = seededRandom(`admission ${seed}`)
    const budget = random.int(60)
    const rules: AdmissionRules = {
      supply: new Map([
        ['a', 1 + random.int(3)],
        ['b', 1],
      ]),
      minimumOf: (items) => 2 * items.length,
      budgets: new Map([['me', budget]]),
      bidsMax: 1 + random.int(4),
      exclusive: random.next() < 0.5,
      identityOf: ({ items }) => items.toSorted().join(),
    }
    const bids = Array.from({ length: random.int(7) }, () => {
      const items = Array.from({ length: 1 + random.int(2) }, () => ['a', 'a', 'b', 'x'][random.int(4)] as string)
      return { items, price: random.int(30), quantity: random.int(4) }
    })
    const { bids: admitted, refused } = admit('me', { bids }, rules)
    const refusals = Object.values(refused).reduce((sum, count) => sum + count, 0)
    if (admitted.length + refusals !== bids.length) return `seed ${seed}: ${admitted.length} and ${refusals}`
    if (admitted.length > rules.bidsMax) return `seed ${seed}: more than its share`
    if (new Set(admitted.map((bid) => rules.identityOf?.(bid))).size < admitted.length)
      return `seed ${seed}: a bid twice`
    const lots = rules.exclusive ? admitted.map((bid) => [bid]) : [admitted]
    for (const lot of lots) {
      if (lot.reduce((sum, { price, quantity }) => sum + price * quantity, 0) > budget)
        return `seed ${seed}: over budget`
      for (const [item, units] of rules.supply) {
        const wanted = lot.reduce((sum, bid) => sum + (bid.items.includes(item) ? bid.quantity : 0), 0)
        if (wanted > units) return `seed ${seed}: more than there is`
      }
    }
    for (const { items, price, quantity } of admitted) {
      if (quantity < 1 || price < 2 * items.length) return `seed ${seed}: a bid of nothing, or below what was asked`
      if (items.some((item) => !rules.supply.has(item))) return `seed ${seed}: what is not for sale`
    }
    const known: readonly BidRefusal[] = ['over-budget', 'unknown-item', 'below-minimum', 'duplicate']
    const others: readonly BidRefusal[] = ['over-supply', 'too-high', 'too-many', 'malformed']
    const reasons = Object.keys(refused) as BidRefusal[]
    if (reasons.some((reason) => ![...known, ...others].includes(reason))) return `seed ${seed}: ${reasons}`
  }
  return undefined
}

function isBid(
  award: { readonly items: readonly string[]; readonly price: number; readonly quantity: number },
  bid: { readonly named: readonly string[]; readonly price: number; readonly units: number },
): boolean {
  const isSet = award.items.join() === bid.named.join()
  return isSet && award.quantity === bid.units && award.price === bid.price * bid.units
}

async function inWorlds(worlds: number, broken: (world: World) => Promise<string | undefined>) {
  for (let seed = 0; seed < worlds; seed++) {
    const random = seededRandom(`world ${seed}`)
    const values = Array.from({ length: 1 + random.int(5) }, () => random.int(41))
    const found = await broken({ values, step: 1 + random.int(6), reserve: random.int(2) * random.int(20), seed })
    if (found !== undefined) return `seed ${seed}: ${found}`
  }
  return undefined
}
