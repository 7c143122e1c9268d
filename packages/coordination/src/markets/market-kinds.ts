/** The kinds of market that there are: a line in the table is all that another one needs. */

import type { WinnerSolver } from '../auctions/winner-determination.ts'
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

export type MarketProtocols = ReturnType<typeof marketKinds>

export type MarketKind = keyof MarketProtocols
