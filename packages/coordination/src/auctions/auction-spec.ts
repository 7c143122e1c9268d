/** What all auctions are told: budgets, ties, how many bids. */

import { checkOptions, definedOptions, invalidOption, type OptionRule, rule, unknownName } from '@mabeam/foundation'
import { askedRules } from '../agents/asked-text.ts'
import { auctionMembers } from '../errors/auction-errors.ts'
import type { Participant } from '../sessions/protocol.ts'
import { auctionBidsMax } from './bid.ts'
import type { TieRule } from './tie-order.ts'

export interface AuctionSpec {
  /** What a bidder may have to pay at most, by its id. @default no limit for anybody */
  readonly budgets?: { readonly [bidder: string]: number }
  /** Who wins of those who bid the same: drawn from the session's seed, or the first of the team. @default 'drawn' */
  readonly ties?: TieRule
  /** Bids of all together; each bidder has an equal share, and at least one. At most 10,000. @default 1000 */
  readonly bidsMax?: number
  /** What agents are asked in words. @default says what is for sale */
  readonly question?: string
  /** What agents should know besides. @default nothing */
  readonly context?: unknown
}

export const auctionDefaults = {
  ties: 'drawn',
  bidsMax: 1_000,
} as const satisfies AuctionSpec

const commonRules = {
  budgets: rule.optional(rule.object()),
  ties: rule.optional(rule.oneOf(['drawn', 'order'])),
  bidsMax: rule.optional(rule.int(1, auctionBidsMax)),
  ...askedRules,
}

/** As a protocol goes by it. */
export interface CheckedAuction {
  readonly budgets: ReadonlyMap<string, number>
  readonly ties: TieRule
  readonly bidsMaxOfOne: number
  readonly asked: { readonly question: string; readonly context?: unknown }
}

/**
 * Checks what is common and, with `rules`, what is not; `question` is what is asked where nothing else was said.
 *
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`, `coordination/auction-members`.
 */
export function checkAuction(
  given: { readonly owner: string; readonly spec: AuctionSpec; readonly rules: { readonly [key: string]: OptionRule } },
  participants: readonly Participant[],
  questionOf: () => string,
): CheckedAuction {
  const { owner, spec, rules } = given
  checkOptions(owner, spec, { ...commonRules, ...rules })
  const {
    budgets = {},
    ties,
    bidsMax,
    question = questionOf(),
    context,
  } = { ...auctionDefaults, ...definedOptions(spec) }
  if (participants.length === 0) throw auctionMembers(owner, 'somebody who may bid', 0)
  if (participants.length > bidsMax) {
    throw auctionMembers(owner, `at most as many participants as bids are taken (${bidsMax})`, participants.length)
  }
  const ids = participants.map(({ id }) => id)
  const known = new Set(ids)
  for (const [bidder, budget] of Object.entries(budgets)) {
    if (!known.has(bidder)) throw unknownName(owner, 'bidder', bidder, ids)
    if (!Number.isSafeInteger(budget) || budget < 0) {
      throw invalidOption(owner, `budgets.${bidder}`, 'a whole number from 0 on', budget)
    }
  }
  return {
    budgets: new Map(Object.entries(budgets)),
    ties,
    bidsMaxOfOne: Math.floor(bidsMax / participants.length),
    asked: { question, ...(context !== undefined && { context }) },
  }
}
