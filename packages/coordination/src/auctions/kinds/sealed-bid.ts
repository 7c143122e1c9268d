/** Auctions in which all bid at once, unseen: for one thing or several equal ones, at the winners' own prices or at Vickrey's. */

import { definedOptions, rule } from '@mabeam/foundation'
import { nameRule } from '../../agents/asked-text.ts'
import type { Protocol, ProtocolEvent, Turn } from '../../sessions/protocol.ts'
import { type Awarded, awarded, type NoSale, noSale } from '../auction-outcome.ts'
import { type AuctionSpec, type CheckedAuction, checkAuction } from '../auction-spec.ts'
import { bidAmountMax } from '../bid.ts'
import { type AdmissionRules, type AdmittedBids, noBids } from '../bid-admission.ts'
import { gatherBids } from '../bid-gathering.ts'
import { firstPrice, type SealedPricing, vickrey } from '../sealed-sale.ts'
import { type TieRanks, tieRanks } from '../tie-order.ts'

export interface SealedBidSpec extends AuctionSpec {
  readonly item: string
  /** Units for sale. With several, a bidder may bid several times, for its first units and for further ones. @default 1 */
  readonly quantity?: number
  /** The least that a unit is sold for; bidders are told. @default 0 */
  readonly reserve?: number
}

export const sealedBidDefaults = { quantity: 1, reserve: 0 } as const satisfies Partial<SealedBidSpec>

interface CheckedSealedBid extends CheckedAuction {
  readonly item: string
  readonly quantity: number
  readonly reserve: number
}

interface SealedBidState {
  readonly spec: CheckedSealedBid
  readonly ranks: TieRanks
  readonly bids: AdmittedBids
}

type SealedBidProtocol = Protocol<SealedBidSpec, CheckedSealedBid, SealedBidState, Awarded | NoSale>

/**
 * `first-price`: the highest bids win and pay what they bid. One round; what is there when the session must end counts.
 * Not truthful: it pays to bid below one's value.
 */
export const firstPriceAuction: SealedBidProtocol = sealedBidAuction('first-price', firstPrice)

/**
 * `second-price`: the highest bids win and pay what the others lose by it (Vickrey). One round. Truthful: nobody gains by bidding other
 * than its value (with several units: its values of one more each, as long as they do not grow).
 */
export const secondPriceAuction: SealedBidProtocol = sealedBidAuction('second-price', vickrey)

function sealedBidAuction(name: string, pricing: SealedPricing): SealedBidProtocol {
  return {
    name,
    version: 1,
    check(spec, participants) {
      const rules = {
        item: nameRule,
        quantity: rule.optional(rule.int(1, bidAmountMax)),
        reserve: rule.optional(rule.int(0, bidAmountMax)),
      }
      const checked = checkAuction({ owner: name, spec, rules }, participants, () => `Your bid for "${spec.item}"?`)
      const { item, quantity, reserve } = { ...sealedBidDefaults, ...definedOptions(spec) }
      return { ...checked, item, quantity, reserve }
    },
    begin({ spec, participants, random }) {
      const { item, reserve, asked } = spec
      const state = { spec, ranks: tieRanks(participants, spec.ties, random), bids: noBids }
      const question = { ...asked, side: 'buy' as const, items: [item], atLeast: reserve }
      return [state, [{ type: 'ask', ask: 'bids', round: 1, request: 'bid', question }]]
    },
    step: (state, event) => sealedBidStep(state, event, pricing),
  }
}

function sealedBidStep(
  state: SealedBidState,
  event: ProtocolEvent,
  pricing: SealedPricing,
): Turn<SealedBidState, Awarded | NoSale> {
  if (event.type === 'ended') return [state, [{ type: 'done', outcome: outcomeOf(state, pricing) }]]
  if (event.type !== 'answers') return [state, []]
  const next = { ...state, bids: gatherBids(state.bids, event.answers, admission(state.spec)) }
  return [next, event.pending === 0 ? [{ type: 'done', outcome: outcomeOf(next, pricing) }] : []]
}

function outcomeOf({ spec, ranks, bids }: SealedBidState, pricing: SealedPricing): Awarded | NoSale {
  if (bids.bids.length === 0) return noSale(bids.refused)
  const { quantity, reserve } = spec
  return awarded(pricing({ bids: bids.bids, quantity, reserve, ranks }), bids.refused)
}

function admission({ item, quantity, reserve, budgets, bidsMaxOfOne }: CheckedSealedBid): AdmissionRules {
  const isOne = quantity === 1
  return {
    supply: new Map([[item, quantity]]),
    minimumOf: () => reserve,
    budgets,
    bidsMax: bidsMaxOfOne,
    exclusive: isOne,
    ...(isOne && { identityOf: () => item }),
  }
}
