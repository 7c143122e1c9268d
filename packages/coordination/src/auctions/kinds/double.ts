/** An auction with many on both sides: all who buy and all who sell one thing say at once what they would pay or take. */

import { definedOptions, invalidOption, rule, unknownName } from '@mabeam/foundation'
import { nameRule } from '../../agents/asked-text.ts'
import { auctionMembers } from '../../errors/auction-errors.ts'
import type { AskCommand, Participant, Protocol, ProtocolEvent, Turn } from '../../sessions/protocol.ts'
import type { NoSale } from '../auction-outcome.ts'
import { noSale } from '../auction-outcome.ts'
import { type AuctionSpec, type CheckedAuction, checkAuction } from '../auction-spec.ts'
import { bidAmountMax } from '../bid.ts'
import { type AdmissionRules, type AdmittedBids, joinBids, noBids, type RefusedBids } from '../bid-admission.ts'
import { gatherBids } from '../bid-gathering.ts'
import { type DoubleClearing, kPrice, mcAfee, type Order } from '../double-auction.ts'
import { type TieRanks, tieRanks } from '../tie-order.ts'

export interface DoubleSpec extends AuctionSpec {
  readonly item: string
  /** Who may sell. */
  readonly sellers: readonly string[]
  /** Who may buy. @default all others */
  readonly buyers?: readonly string[]
  /** `mcafee`: truthful, for a unit each, and may give up a trade. `k-price`: all gainful trades of any quantity, not truthful. @default 'mcafee' */
  readonly pricing?: 'mcafee' | 'k-price'
  /** Where the price of `k-price` lies between the lowest and the highest that clears, in percent. @default 50 */
  readonly kPercent?: number
  /** Units that one may buy or sell with `k-price`. @default 1000000 */
  readonly quantityMax?: number
}

export const doubleDefaults = {
  pricing: 'mcafee',
  kPercent: 50,
  quantityMax: 1_000_000,
} as const satisfies Partial<DoubleSpec>

/** Some of them trade. */
export interface Traded extends DoubleClearing {
  readonly type: 'traded'
  readonly refused: RefusedBids
}

/** There were orders, and no trade comes of them. */
export interface NoTrade {
  readonly type: 'no-sale'
  /** Nobody would pay what others would take; or one trade could have been, and is the one that `mcafee` gives up. */
  readonly reason: 'no-gain' | 'trade-given-up'
  readonly refused: RefusedBids
}

interface CheckedDouble extends CheckedAuction {
  readonly item: string
  readonly sellers: readonly string[]
  readonly buyers: readonly string[]
  readonly pricing: 'mcafee' | 'k-price'
  readonly kPercent: number
  readonly quantityMax: number
}

interface DoubleState {
  readonly spec: CheckedDouble
  readonly ranks: TieRanks
  readonly buys: AdmittedBids
  readonly sells: AdmittedBids
  /** Asks that are not over. */
  readonly open: readonly string[]
}

type DoubleOutcome = Traded | NoTrade | NoSale

/** `double`: one round, both sides at once; what is there when the session must end counts. Budgets bind those who buy. */
export const doubleAuction: Protocol<DoubleSpec, CheckedDouble, DoubleState, DoubleOutcome> = {
  name: 'double',
  version: 1,
  check: checkDouble,
  begin({ spec, participants, random }) {
    const ranks = tieRanks(participants, spec.ties, random)
    const state = { spec, ranks, buys: noBids, sells: noBids, open: ['buys', 'sells'] }
    return [state, [ask(spec, 'buy'), ask(spec, 'sell')]]
  },
  step(state, event) {
    if (event.type === 'ended') return [state, [{ type: 'done', outcome: outcomeOf(state) }]]
    if (event.type !== 'answers') return [state, []]
    return answered(state, event)
  },
}

function checkDouble(spec: DoubleSpec, participants: readonly Participant[]): CheckedDouble {
  const owner = 'double'
  const rules = {
    item: nameRule,
    sellers: rule.array(),
    buyers: rule.optional(rule.array()),
    pricing: rule.optional(rule.oneOf(['mcafee', 'k-price'])),
    kPercent: rule.optional(rule.int(0, 100)),
    quantityMax: rule.optional(rule.int(1, bidAmountMax)),
  }
  const checked = checkAuction({ owner, spec, rules }, participants, () => `Your price for "${spec.item}"?`)
  const ids = participants.map(({ id }) => id)
  const [known, selling] = [new Set(ids), new Set(spec.sellers)]
  const { sellers, buyers = ids.filter((id) => !selling.has(id)) } = spec
  const named = [...sellers, ...buyers]
  for (const id of named) if (!known.has(id)) throw unknownName(owner, 'participant', String(id), ids)
  if (new Set(named).size < named.length) throw invalidOption(owner, 'sellers', 'nobody on both sides, or twice', named)
  if (sellers.length === 0) throw auctionMembers(owner, 'somebody who sells', 0)
  if (buyers.length === 0) throw auctionMembers(owner, 'somebody who buys', 0)
  const { item, pricing, kPercent, quantityMax } = { ...doubleDefaults, ...definedOptions(spec) }
  return { ...checked, item, sellers, buyers, pricing, kPercent, quantityMax: pricing === 'mcafee' ? 1 : quantityMax }
}

function ask(spec: CheckedDouble, side: 'buy' | 'sell'): AskCommand {
  const question = { ...spec.asked, side, items: [spec.item] }
  const [name, to] = side === 'buy' ? ['buys', spec.buyers] : ['sells', spec.sellers]
  return { type: 'ask', ask: name, round: 1, request: 'bid', question, to }
}

function answered(
  state: DoubleState,
  { ask: name, answers, pending }: Extract<ProtocolEvent, { type: 'answers' }>,
): Turn<DoubleState, DoubleOutcome> {
  const { spec } = state
  const next = {
    ...state,
    ...(name === 'buys'
      ? { buys: gatherBids(state.buys, answers, admission(spec, spec.budgets)) }
      : { sells: gatherBids(state.sells, answers, admission(spec, new Map())) }),
    open: pending > 0 ? state.open : state.open.filter((one) => one !== name),
  }
  return [next, next.open.length === 0 ? [{ type: 'done', outcome: outcomeOf(next) }] : []]
}

function outcomeOf({ spec, ranks, buys, sells }: DoubleState): DoubleOutcome {
  const { refused } = joinBids(buys, sells)
  if (buys.bids.length === 0 || sells.bids.length === 0) return noSale(refused)
  const book = { buys: orders(buys), sells: orders(sells), ranks }
  const clearing = spec.pricing === 'mcafee' ? mcAfee(book) : kPrice(book, spec.kPercent)
  if (clearing.quantity > 0) return { type: 'traded', ...clearing, refused }
  return { type: 'no-sale', reason: clearing.quantityMax > 0 ? 'trade-given-up' : 'no-gain', refused }
}

function orders({ bids }: AdmittedBids): readonly Order[] {
  return bids.map(({ bidder, price, quantity }) => ({ trader: bidder, price, quantity }))
}

function admission(spec: CheckedDouble, budgets: ReadonlyMap<string, number>): AdmissionRules {
  const isOne = spec.pricing === 'mcafee'
  return {
    supply: new Map([[spec.item, spec.quantityMax]]),
    minimumOf: () => 0,
    budgets,
    bidsMax: spec.bidsMaxOfOne,
    exclusive: isOne,
    ...(isOne && { identityOf: () => spec.item }),
  }
}
