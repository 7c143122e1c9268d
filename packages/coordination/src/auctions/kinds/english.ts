/** An auction in the open: each round whoever is still in may raise the standing bid; who does not is out. */

import { definedOptions, rule } from '@mabeam/foundation'
import { nameRule } from '../../agents/asked-text.ts'
import type { AskCommand, EndReason, Protocol, ProtocolEvent, Turn } from '../../sessions/protocol.ts'
import { type Awarded, awarded, type NoSale, noSale } from '../auction-outcome.ts'
import { type AuctionSpec, type CheckedAuction, checkAuction } from '../auction-spec.ts'
import { type Bid, bidAmountMax } from '../bid.ts'
import { type AdmissionRules, type AdmittedBids, noBids } from '../bid-admission.ts'
import { gatherBids } from '../bid-gathering.ts'
import { highestFirst, type TieRanks, tieRanks } from '../tie-order.ts'

export interface EnglishSpec extends AuctionSpec {
  readonly item: string
  /** What the first bid must reach; bidders are told. @default 0 */
  readonly reserve?: number
  /** By how much the standing bid must be raised. @default 1 */
  readonly increment?: number
}

export const englishDefaults = { reserve: 0, increment: 1 } as const satisfies Partial<EnglishSpec>

/** Sold in the open. */
export interface EnglishAwarded extends Awarded {
  /** Nobody raised any more; or the session had to end, and the standing bid was taken. */
  readonly closedBy: 'no-raise' | EndReason
}

interface CheckedEnglish extends CheckedAuction {
  readonly item: string
  readonly reserve: number
  readonly increment: number
}

interface EnglishState {
  readonly spec: CheckedEnglish
  readonly ranks: TieRanks
  readonly round: number
  /** Who may still raise; also whoever has the standing bid. */
  readonly active: readonly string[]
  readonly standing: Bid | undefined
  readonly raises: AdmittedBids
}

type EnglishTurn = Turn<EnglishState, EnglishAwarded | NoSale>

/**
 * `english`: open bids with an increment. The standing bid of the end wins and is paid. A round asks all who are in but the
 * standing bidder, and who does not raise is out, so nobody who is slow or dead holds up more than one round.
 *
 * Ensures: among those who raise by the increment as long as it is worth it to them, the price is within one increment of the
 * second-highest value.
 */
export const englishAuction: Protocol<EnglishSpec, CheckedEnglish, EnglishState, EnglishAwarded | NoSale> = {
  name: 'english',
  version: 1,
  check(spec, participants) {
    const rules = {
      item: nameRule,
      reserve: rule.optional(rule.int(0, bidAmountMax)),
      increment: rule.optional(rule.int(1, bidAmountMax)),
    }
    const checked = checkAuction({ owner: 'english', spec, rules }, participants, () => `Who bids for "${spec.item}"?`)
    const { item, reserve, increment } = { ...englishDefaults, ...definedOptions(spec) }
    return { ...checked, item, reserve, increment }
  },
  begin({ spec, participants, random }) {
    const ranks = tieRanks(participants, spec.ties, random)
    const active = participants.map(({ id }) => id)
    return asked({ spec, ranks, round: 0, active, standing: undefined, raises: noBids })
  },
  step(state, event) {
    if (event.type === 'ended') return [state, [{ type: 'done', outcome: outcomeOf(state, event.reason) }]]
    if (event.type !== 'answers') return [state, []]
    return answered(state, event)
  },
}

function answered(before: EnglishState, event: Extract<ProtocolEvent, { type: 'answers' }>): EnglishTurn {
  const raises = gatherBids(before.raises, event.answers, admission(before))
  if (event.pending > 0) return [{ ...before, raises }, []]
  const standing = highestFirst(raises.bids, before.ranks, ({ bidder }) => bidder)[0] ?? before.standing
  const stayed = new Set([...raises.bids.map(({ bidder }) => bidder), before.standing?.bidder])
  const active = before.active.filter((bidder) => stayed.has(bidder))
  const state = { ...before, standing, active, raises: { ...raises, bids: [] } }
  const isOver = raises.bids.length === 0 || rivals(state).length === 0 || atLeast(state) > bidAmountMax
  return isOver ? [state, [{ type: 'done', outcome: outcomeOf(state, 'no-raise') }]] : asked(state)
}

function asked(before: EnglishState): EnglishTurn {
  const state = { ...before, round: before.round + 1 }
  const { spec, standing, round } = state
  const ask: AskCommand = {
    type: 'ask',
    ask: `raises ${round}`,
    round,
    request: 'bid',
    to: rivals(state),
    question: {
      ...spec.asked,
      side: 'buy',
      items: [spec.item],
      ...(standing !== undefined && { price: standing.price }),
      atLeast: atLeast(state),
    },
  }
  return [state, [ask]]
}

function rivals({ active, standing }: EnglishState): readonly string[] {
  return active.filter((bidder) => bidder !== standing?.bidder)
}

function atLeast({ spec, standing }: EnglishState): number {
  return standing === undefined ? spec.reserve : standing.price + spec.increment
}

/** Bids of a round that was cut short count too: the highest stands. */
function outcomeOf({ ranks, standing: before, raises }: EnglishState, closedBy: EnglishAwarded['closedBy']) {
  const standing = highestFirst(raises.bids, ranks, ({ bidder }) => bidder)[0] ?? before
  if (standing === undefined) return noSale(raises.refused)
  const { bidder, items, price } = standing
  return { ...awarded([{ bidder, items, quantity: 1, price, pays: price }], raises.refused), closedBy }
}

function admission(state: EnglishState): AdmissionRules {
  const { item, budgets, bidsMaxOfOne } = state.spec
  return {
    supply: new Map([[item, 1]]),
    minimumOf: () => atLeast(state),
    budgets,
    bidsMax: bidsMaxOfOne,
    exclusive: true,
    identityOf: () => item,
  }
}
