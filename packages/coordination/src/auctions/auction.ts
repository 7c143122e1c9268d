/** The short way to an auction: its kind and its spec in one object, with options of the session. */

import { checkTeam, type Team } from '../agents/team.ts'
import { kindOfSession } from '../sessions/kind-of-session.ts'
import type { OutcomeOf, SpecOf } from '../sessions/protocol.ts'
import { runSession } from '../sessions/run-session.ts'
import type { SessionOptions, SessionResult } from '../sessions/session.ts'
import { type AuctionKind, type AuctionProtocols, auctionKinds } from './auction-kinds.ts'
import { nodeSolver } from './solvers/of-node.ts'

/** What an auction of that kind is told, with options of its session. */
export type AuctionOptions<K extends AuctionKind> = { readonly kind: K } & SpecOf<AuctionProtocols[K]> & SessionOptions

/** What comes of an auction of that kind. */
export type AuctionResult<K extends AuctionKind> = SessionResult<OutcomeOf<AuctionProtocols[K]>>

/**
 * Holds an auction among a team. Money is whole numbers of the smallest unit.
 *
 * A combinatorial auction with many bids is solved in a thread of the node, which ends with it or when it has been idle for a while.
 * Rejects with `foundation/unknown-name` for an unknown kind or option, `foundation/invalid-option`, `coordination/auction-members`, and
 * as `runSession` does.
 *
 * @example const award = await auction(team, { kind: 'second-price', item: 'gpu-3', reserve: 10 })
 *   // { type: 'awarded', awards: [{ bidder: 'north', items: ['gpu-3'], quantity: 1, price: 40, pays: 31 }], revenue: 31, … }
 */
export async function auction<K extends AuctionKind>(
  team: Team,
  options: AuctionOptions<K>,
): Promise<AuctionResult<K>> {
  checkTeam(team)
  const kinds = auctionKinds(nodeSolver(team.node))
  const { kind, rest } = kindOfSession<AuctionKind>('auction', options, kinds)
  return (await runSession(team, kinds[kind as K], rest as never)) as AuctionResult<K>
}
