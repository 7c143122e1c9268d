/** The protocols that every node knows by name: barriers, and all kinds of decisions, auctions and markets. */

import type { Node } from '@mabeam/foundation'
import { auctionKinds } from './auctions/auction-kinds.ts'
import { nodeSolver } from './auctions/solvers/of-node.ts'
import { marketKinds } from './markets/market-kinds.ts'
import { barrier } from './sessions/barrier.ts'
import type { Protocol } from './sessions/protocol.ts'
import { decisionProtocols } from './voting/decision-kinds.ts'

/** Each is named as its kind is. */
export function builtInProtocols(node: Node): readonly Protocol[] {
  const solver = nodeSolver(node)
  const kinds = { ...decisionProtocols, ...auctionKinds(solver), ...marketKinds(solver) }
  return [barrier, ...Object.values(kinds)]
}
