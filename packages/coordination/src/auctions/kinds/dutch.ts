/** An auction by a falling price: the first to take it has it. */

import { definedOptions, invalidOption, rule } from '@mabeam/foundation'
import type { RequestAnswer } from '../../agents/agent-request.ts'
import { nameRule } from '../../agents/asked-text.ts'
import type { Answer, AskCommand, Protocol, ProtocolEvent, Turn } from '../../sessions/protocol.ts'
import { type Awarded, awarded, type NoSale, noSale } from '../auction-outcome.ts'
import { type AuctionSpec, type CheckedAuction, checkAuction } from '../auction-spec.ts'
import { bidAmountMax } from '../bid.ts'
import { type AdmissionRules, type AdmittedBids, noBids } from '../bid-admission.ts'
import { gatherBids } from '../bid-gathering.ts'
import { highestFirst, type TieRanks, tieRanks } from '../tie-order.ts'

export interface DutchSpec extends AuctionSpec {
  readonly item: string
  /** The price that is called first. */
  readonly from: number
  /**
   * By how much it falls; at most 10,000 calls down to the reserve. Each is a round, of which a session has 1,000 where its `roundsMax` says nothing else.
   * @default 1
   */
  readonly decrement?: number
  /** The price that is called last. @default 0 */
  readonly reserve?: number
}

export const dutchDefaults = { decrement: 1, reserve: 0 } as const satisfies Partial<DutchSpec>

/** Prices that are called in one auction. */
export const dutchCallsMax = 10_000

interface CheckedDutch extends CheckedAuction {
  readonly item: string
  readonly from: number
  readonly decrement: number
  readonly reserve: number
}

interface DutchState {
  readonly spec: CheckedDutch
  readonly ranks: TieRanks
  readonly round: number
  readonly price: number
  /** Who has answered so far; others are not waited for again. */
  readonly present: readonly string[]
  readonly absent: readonly string[]
  readonly takers: AdmittedBids
}

type DutchTurn = Turn<DutchState, Awarded | NoSale>

/**
 * `dutch`: a price is called to all, and falls until somebody bids at least as much; it pays the price called. Who is
 * absent once is not asked again, so nobody who is slow or dead holds up more than one call. As in `first-price`, it pays to
 * wait for less than one's value.
 */
export const dutchAuction: Protocol<DutchSpec, CheckedDutch, DutchState, Awarded | NoSale> = {
  name: 'dutch',
  version: 1,
  check(spec, participants) {
    const rules = {
      item: nameRule,
      from: rule.int(0, bidAmountMax),
      decrement: rule.optional(rule.int(1, bidAmountMax)),
      reserve: rule.optional(rule.int(0, bidAmountMax)),
    }
    const checked = checkAuction({ owner: 'dutch', spec, rules }, participants, () => `Who takes "${spec.item}"?`)
    const { item, from, decrement, reserve } = { ...dutchDefaults, ...definedOptions(spec) }
    if (from < reserve) throw invalidOption('dutch', 'from', `at least the reserve (${reserve})`, from)
    const calls = Math.ceil((from - reserve) / decrement) + 1
    if (calls > dutchCallsMax) {
      throw invalidOption('dutch', 'decrement', `at most ${dutchCallsMax} calls from ${from} to ${reserve}`, decrement)
    }
    return { ...checked, item, from, decrement, reserve }
  },
  begin({ spec, participants, random }) {
    const ranks = tieRanks(participants, spec.ties, random)
    const present = participants.map(({ id }) => id)
    return called({ spec, ranks, round: 0, price: spec.from, present, absent: [], takers: noBids })
  },
  step(state, event) {
    if (event.type === 'ended') return [state, [{ type: 'done', outcome: outcomeOf(state, 'ended') }]]
    if (event.type !== 'answers') return [state, []]
    return answered(state, event)
  },
}

function answered(before: DutchState, event: Extract<ProtocolEvent, { type: 'answers' }>): DutchTurn {
  const takers = gatherBids(
    before.takers,
    event.answers.map((one) => atMost(before.price, one)),
    admission(before),
  )
  const silent = event.answers.flatMap((answer) => ('absent' in answer ? [answer.from] : []))
  const absent = [...before.absent, ...silent]
  if (event.pending > 0) return [{ ...before, takers, absent }, []]
  const { spec, price } = before
  const missing = new Set(absent)
  const present = before.present.filter((id) => !missing.has(id))
  const state = { ...before, takers, present, absent: [] }
  const isOver = takers.bids.length > 0 || price <= spec.reserve || present.length === 0
  if (isOver) return [state, [{ type: 'done', outcome: outcomeOf(state) }]]
  return called({ ...state, price: Math.max(spec.reserve, price - spec.decrement) })
}

function called(before: DutchState): DutchTurn {
  const state = { ...before, round: before.round + 1 }
  const { spec, price, round, present } = state
  const question = { ...spec.asked, side: 'buy' as const, items: [spec.item], price, atLeast: price }
  const ask: AskCommand = { type: 'ask', ask: `call ${round}`, round, request: 'bid', question, to: present }
  return [state, [ask]]
}

/** Who bids more than was called takes it at what was called: that is what it pays, and what its budget must bear. */
function atMost(called: number, answer: Answer): Answer {
  if ('absent' in answer) return answer
  // The loop has checked that it answers the request that was made.
  const { bids } = answer.value as RequestAnswer<'bid'>
  return { ...answer, value: { bids: bids.map((bid) => ({ ...bid, price: Math.min(called, bid.price) })) } }
}

/** Of several takers the first by rank: a price is called to all at once, and who was quicker is nobody's merit. */
function outcomeOf({ ranks, price, takers }: DutchState, reason?: NoSale['reason']): Awarded | NoSale {
  const [taker] = highestFirst(takers.bids, ranks, ({ bidder }) => bidder)
  if (taker !== undefined) {
    const { bidder, items } = taker
    return awarded([{ bidder, items, quantity: 1, price, pays: price }], takers.refused)
  }
  const none = noSale(takers.refused)
  return reason === undefined ? none : { ...none, reason }
}

function admission({ spec, price }: DutchState): AdmissionRules {
  const { item, budgets, bidsMaxOfOne } = spec
  return {
    supply: new Map([[item, 1]]),
    minimumOf: () => price,
    budgets,
    bidsMax: bidsMaxOfOne,
    exclusive: true,
    identityOf: () => item,
  }
}
