/** Which bids count: what agents answered, against the rules of an auction. What does not count is counted by why. */

import type { RequestAnswer } from '../agents/agent-request.ts'
import { type Bid, bidAmount, bidAmountMax } from './bid.ts'

/** Why a bid does not count. */
export type BidRefusal =
  /** With it, its bidder could have to pay more than its budget. */
  | 'over-budget'
  /** It names what is not for sale. */
  | 'unknown-item'
  /** It is below the reserve, or below what was asked for. */
  | 'below-minimum'
  /** Its bidder has bid on just that already. */
  | 'duplicate'
  /** More than there is, or than this auction sells to one. */
  | 'over-supply'
  /** More than `bidAmountMax` in all. */
  | 'too-high'
  /** Beyond the bidder's share of the bids that this auction takes. */
  | 'too-many'
  /** A quantity of none, or an item named twice. */
  | 'malformed'

/** Bids refused, by why; reasons that did not occur are not there. */
export type RefusedBids = { readonly [reason in BidRefusal]?: number }

export interface AdmissionRules {
  /** Units of each item for sale. */
  readonly supply: ReadonlyMap<string, number>
  /** The least that one of a set may cost; it is asked with known items only. */
  readonly minimumOf: (items: readonly string[]) => number
  /** Who is not here has no limit. */
  readonly budgets: ReadonlyMap<string, number>
  /** Bids of one bidder. */
  readonly bidsMax: number
  /** At most one bid of a bidder is accepted, so that each counts by itself; else budget and supply bind all of them together. */
  readonly exclusive: boolean
  /** Bids of a bidder for which this is the same are one and the same. @default none are */
  readonly identityOf?: (bid: Bid) => string
}

export interface AdmittedBids {
  readonly bids: readonly Bid[]
  readonly refused: RefusedBids
}

/** What nobody has bid. */
export const noBids: AdmittedBids = { bids: [], refused: {} }

/**
 * One bidder's bids, in the order in which it gave them: an earlier one is never refused for a later one.
 *
 * Ensures: what its accepted bids come to is within its budget; each is a safe integer, as are all together.
 */
export function admitBids(bidder: string, answer: RequestAnswer<'bid'>, rules: AdmissionRules): AdmittedBids {
  const taken: Taken = { bids: [], identities: new Set(), units: new Map(), amount: 0 }
  const refused: Partial<Record<BidRefusal, number>> = {}
  for (const { items, price, quantity = 1 } of answer.bids) {
    const bid: Bid = { bidder, items: [...items], price, quantity }
    const refusal = refusalOf(bid, taken, rules)
    if (refusal === undefined) take(bid, taken, rules)
    else refused[refusal] = (refused[refusal] ?? 0) + 1
  }
  return { bids: taken.bids, refused }
}

/** Those of several together. */
export function joinBids(...all: readonly AdmittedBids[]): AdmittedBids {
  const refused: Partial<Record<BidRefusal, number>> = {}
  for (const [reason, count] of all.flatMap((one) => Object.entries(one.refused) as [BidRefusal, number][])) {
    refused[reason] = (refused[reason] ?? 0) + count
  }
  return { bids: all.flatMap(({ bids }) => bids), refused }
}

/** What a bidder's admitted bids come to; kept as they are taken, so that ten thousand of them are looked at once each. */
interface Taken {
  readonly bids: Bid[]
  readonly identities: Set<string>
  /** By item. */
  readonly units: Map<string, number>
  amount: number
}

function take(bid: Bid, taken: Taken, { identityOf }: AdmissionRules): void {
  taken.bids.push(bid)
  if (identityOf !== undefined) taken.identities.add(identityOf(bid))
  for (const item of bid.items) taken.units.set(item, (taken.units.get(item) ?? 0) + bid.quantity)
  taken.amount += bidAmount(bid)
}

function refusalOf(bid: Bid, taken: Taken, rules: AdmissionRules): BidRefusal | undefined {
  const { bidder, items, quantity } = bid
  const { supply, budgets, exclusive } = rules
  if (quantity < 1 || new Set(items).size < items.length) return 'malformed'
  if (items.some((item) => !supply.has(item))) return 'unknown-item'
  if (bid.price < rules.minimumOf(items)) return 'below-minimum'
  if (quantity > bidAmountMax || bid.price > bidAmountMax / quantity) return 'too-high'
  if (taken.identities.size > 0 && taken.identities.has(rules.identityOf?.(bid) ?? '')) return 'duplicate'
  if (taken.bids.length >= rules.bidsMax) return 'too-many'
  const unitsBesides = (item: string) => (exclusive ? 0 : (taken.units.get(item) ?? 0))
  if (items.some((item) => quantity + unitsBesides(item) > (supply.get(item) ?? 0))) return 'over-supply'
  const amount = bidAmount(bid) + (exclusive ? 0 : taken.amount)
  return amount > (budgets.get(bidder) ?? Number.POSITIVE_INFINITY) ? 'over-budget' : undefined
}
