/** Markets among agents, by kind: `market(team, { kind, … })`. */

import { checkTeam, type Team } from '../agents/team.ts'
import { nodeSolver } from '../auctions/solvers/of-node.ts'
import { kindOfSession } from '../sessions/kind-of-session.ts'
import type { OutcomeOf, SpecOf } from '../sessions/protocol.ts'
import { runSession } from '../sessions/run-session.ts'
import type { SessionOptions, SessionResult } from '../sessions/session.ts'
import { type MarketKind, type MarketProtocols, marketKinds } from './market-kinds.ts'

/** What a market of that kind is told, with options of its session. */
export type MarketOptions<K extends MarketKind> = { readonly kind: K } & SpecOf<MarketProtocols[K]> & SessionOptions

/** What comes of a market of that kind. */
export type MarketResult<K extends MarketKind> = SessionResult<OutcomeOf<MarketProtocols[K]>>

/**
 * Runs one market among a team and resolves with what came of it and what it took. Who does not answer in time takes no part.
 *
 * Rejects with `foundation/unknown-name` for an unknown kind, with what its protocol has against the specification, and as `runSession` does.
 * @example const { type, prices } = await market(team, { kind: 'fisher', goods: ['cpu', 'gpu', 'ram'] })
 */
export async function market<K extends MarketKind>(team: Team, options: MarketOptions<K>): Promise<MarketResult<K>> {
  checkTeam(team)
  const kinds = marketKinds(nodeSolver(team.node))
  const { kind, rest } = kindOfSession<MarketKind>('market', options, kinds)
  return (await runSession(team, kinds[kind as K], rest as never)) as MarketResult<K>
}
