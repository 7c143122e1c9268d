/**
 * What can be said of a session by what its outcome has, whichever protocol it was: votes, how clear a decision was, who got what. A protocol of
 * yours is read as well where its outcome has fields of these names and shapes; what has other shapes is left out.
 */

import type { Outcome } from '../sessions/protocol.ts'
import type { SessionReport } from '../sessions/session.ts'
import type { NamedVote } from '../voting/vote-outcome.ts'

/** What an agent got, in one session. */
export interface Settlement {
  readonly agent: string
  /** In whole units of money. */
  readonly paid: bigint
  readonly received: bigint
}

export interface SessionFacts {
  readonly report: SessionReport
  /** Whether anything came of it: a decision, a sale, prices that clear. */
  readonly isResolved: boolean
  /** The option that won, where options were voted on. */
  readonly option: string | undefined
  /** The share behind what was decided, from 0 to 1. */
  readonly support: number | undefined
  /** Its lead over the next. */
  readonly margin: number | undefined
  readonly turnout: number | undefined
  /** Who chose what, once each: what it said first, for itself. */
  readonly votes: readonly NamedVote[]
  /** Of those who got something. */
  readonly settlements: readonly Settlement[]
  /** The share of the best possible value that was had at least, where a solver says. */
  readonly valueShareMin: number | undefined
}

/** Outcomes by which nothing came of it; those of protocols elsewhere are told by `undecided`. */
const unresolved: ReadonlySet<string> = new Set(['undecided', 'no-sale', 'no-trade', 'uncleared', 'broken'])

/** Protocols inside of protocols are looked into so far. */
const depthMax = 4

type Fields = { readonly [name: string]: unknown }

export function sessionFacts(report: SessionReport): SessionFacts {
  const outcome = report.outcome as (Outcome & Fields) | undefined
  const deciding = decidingOutcome(outcome, depthMax)
  return {
    report,
    isResolved: outcome !== undefined && !unresolved.has(outcome.type),
    option: typeof deciding?.option === 'string' ? deciding.option : undefined,
    support: shareIn(deciding?.support) ?? shareIn(deciding?.agreement),
    margin: shareIn(deciding?.margin),
    turnout: shareIn(deciding?.turnout),
    votes: firstOfEach(votesIn(outcome, depthMax), report.participants),
    settlements: settlementsIn(outcome),
    valueShareMin: valueShareIn(outcome),
  }
}

/** The vote that decided: the one inside of an adaptive decision, that of the cluster at the top of a hierarchy, else the outcome itself. */
function decidingOutcome(outcome: Fields | undefined, depth: number): Fields | undefined {
  if (outcome === undefined || depth === 0) return undefined
  if (isFields(outcome.outcome)) return decidingOutcome(outcome.outcome, depth - 1)
  const top = listIn(outcome.clusters).at(-1)
  if (top === undefined) return outcome
  return isFields(top.outcome) ? decidingOutcome(top.outcome, depth - 1) : undefined
}

function votesIn(outcome: unknown, depth: number): readonly NamedVote[] {
  if (!isFields(outcome) || depth === 0) return []
  const inside = [outcome, ...listIn(outcome.clusters)].flatMap((one) => votesIn(one.outcome, depth - 1))
  return [...listIn(outcome.votes).filter(isVote), ...inside]
}

/** In a hierarchy clusters have votes too, and who represents one votes for it after it has voted for itself. */
function firstOfEach(votes: readonly NamedVote[], participants: readonly string[]): readonly NamedVote[] {
  const waited = new Set(participants)
  return votes.filter(({ from }) => waited.delete(from))
}

function settlementsIn(outcome: Fields | undefined): readonly Settlement[] {
  if (outcome === undefined) return []
  const goods = listIn(outcome.goods)
  const trades = [outcome, ...goods].flatMap(({ trades: made }) => listIn(made))
  const sums = new Map<string, Omit<Settlement, 'agent'>>()
  const settle = (agent: unknown, paid: unknown, received: unknown) => {
    if (typeof agent !== 'string' || !isMoney(paid) || !isMoney(received)) return
    const sum = sums.get(agent) ?? { paid: 0n, received: 0n }
    sums.set(agent, { paid: sum.paid + BigInt(paid), received: sum.received + BigInt(received) })
  }
  for (const { bidder, pays } of listIn(outcome.awards)) settle(bidder, pays, 0)
  for (const { buyer, pays } of listIn(outcome.bought)) settle(buyer, pays, 0)
  for (const { seller, receives } of listIn(outcome.sold)) settle(seller, 0, receives)
  for (const { buyer, seller, ...trade } of trades) {
    // In an order book both sides have one price for each unit.
    const whole = Number(trade.price) * Number(trade.quantity)
    settle(buyer, trade.pays ?? whole, 0)
    settle(seller, 0, trade.receives ?? whole)
  }
  if (isFields(outcome.payments)) {
    for (const [agent, byGood] of Object.entries(outcome.payments)) {
      if (isFields(byGood)) for (const pays of Object.values(byGood)) settle(agent, pays, 0)
    }
  }
  return [...sums].map(([agent, sum]) => ({ agent, ...sum }))
}

function valueShareIn(outcome: Fields | undefined): number | undefined {
  const isSolved = outcome?.status === 'optimal' || outcome?.status === 'feasible'
  const gap = isSolved ? shareIn(outcome.gap) : undefined
  return gap === undefined ? undefined : 1 - gap
}

function shareIn(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : undefined
}

function isMoney(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isVote(value: Fields): value is Fields & NamedVote {
  return typeof value.from === 'string' && typeof value.option === 'string' && shareIn(value.confidence) !== undefined
}

function listIn(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : []
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
