/** The kinds of market that there are: two lines here are all that another one needs. */

import type { WinnerSolver } from '../auctions/winner-determination.ts'
import { assignmentMarket } from './protocols/assignment.ts'
import { exchange } from './protocols/exchange.ts'
import { fisher } from './protocols/fisher.ts'
import { matching } from './protocols/matching.ts'
import { orderBookMarket } from './protocols/order-book.ts'
import { resourceMarket } from './protocols/resource.ts'
import { tatonnementMarket } from './protocols/tatonnement.ts'

export interface MarketProtocols {
  readonly fisher: typeof fisher
  readonly exchange: typeof exchange
  readonly tatonnement: typeof tatonnementMarket
  readonly resource: ReturnType<typeof resourceMarket>
  readonly 'order-book': typeof orderBookMarket
  readonly assignment: typeof assignmentMarket
  readonly matching: typeof matching
}

export type MarketKind = keyof MarketProtocols

/** The protocols of all kinds, by kind; bundles of resources with that solver. */
export function marketKinds(solver: WinnerSolver): MarketProtocols {
  return {
    fisher,
    exchange,
    tatonnement: tatonnementMarket,
    resource: resourceMarket(solver),
    'order-book': orderBookMarket,
    assignment: assignmentMarket,
    matching,
  }
}
