/** The solver of a node: what is soon proven by trying is, and all else goes to one thread that auctions and markets of the node share. */

import type { Node } from '@mabeam/foundation'
import type { WinnerSolver } from '../winner-determination.ts'
import { bySize } from './by-size.ts'
import { openHighs } from './highs.ts'

/** The thread is the node's: opened for the first problem that needs it, ended when it has been idle for a while, or with the node. */
export function nodeSolver(node: Node): WinnerSolver {
  return bySize({
    name: 'of the node',
    async solve(problem, asked) {
      const highs = await node.part('auction-solver', async () => openHighs({ clock: node.clock }))
      return await highs.solve(problem, asked)
    },
  })
}
