/** Markets among agents, by kind: `market(team, { kind, … })`. */

import { unknownName } from '@mabeam/foundation'
import type { Team } from '../agents/team.ts'
import { bySize } from '../auctions/solvers/by-size.ts'
import { openHighs } from '../auctions/solvers/highs.ts'
import type { WinnerSolver } from '../auctions/winner-determination.ts'
import type { OutcomeOf, SpecOf } from '../sessions/protocol.ts'
import { runSession } from '../sessions/run-session.ts'
import type { SessionOptions, SessionResult } from '../sessions/session.ts'
import { assignmentMarket } from './protocols/assignment.ts'
import { exchange } from './protocols/exchange.ts'
import { fisher } from './protocols/fisher.ts'
import { matching } from './protocols/matching.ts'
import { orderBookMarket } from './protocols/order-book.ts'
import { resourceMarket } from './protocols/resource.ts'
import { tatonnementMarket } from './protocols/tatonnement.ts'

/** The protocols of all kinds, by kind; bundles of resources with that solver. */
export function marketKinds(solver: WinnerSolver) {
  return {
    fisher,
    exchange,
    tatonnement: tatonnementMarket,
    resource: resourceMarket(solver),
    'order-book': orderBookMarket,
    assignment: assignmentMarket,
    matching,
  } as const
}

type MarketProtocols = ReturnType<typeof marketKinds>

export type MarketKind = keyof MarketProtocols

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
  const { kind, ...given } = options
  const { node } = team
  const solver: WinnerSolver = {
    name: 'of the node',
    // The one that auctions use: a thread of the node, opened for the first problem that needs it.
    async solve(problem, asked) {
      const highs = await node.part('auction-solver', async () => openHighs({ clock: node.clock }))
      return await highs.solve(problem, asked)
    },
  }
  const kinds = marketKinds(bySize(solver))
  if (!Object.hasOwn(kinds, kind)) throw unknownName('market', 'kind', String(kind), Object.keys(kinds))
  return (await runSession(team, kinds[kind], given as never)) as MarketResult<K>
}
