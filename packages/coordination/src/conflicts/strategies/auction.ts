/** Whoever pays most has it. */

import type { Conflict } from '../claim.ts'
import { type ConflictStrategy, grantInOrder } from '../conflict-strategy.ts'

/** What came of an auction: who won, the best first, or nobody. */
export type ConflictSale =
  | { readonly type: 'sold'; readonly to: readonly string[] }
  | { readonly type: 'no-sale'; readonly reason: string }

/**
 * `auction`: by a function that holds one among those who claim, mostly a session of `auction`. Winners are granted in the order given, while
 * there is enough. Passes when nothing was sold.
 *
 * @example byAuction(async ({ subject }, signal) => {
 *   const result = await auction(team, { kind: 'second-price', item: subject, signal })
 *   return result.type === 'awarded' ? { type: 'sold', to: result.awards.map(({ bidder }) => bidder) } : { type: 'no-sale', reason: result.type }
 * })
 */
export function byAuction(sell: (conflict: Conflict, signal: AbortSignal) => Promise<ConflictSale>): ConflictStrategy {
  return {
    name: 'auction',
    async resolve(conflict, signal) {
      const sale = await sell(conflict, signal)
      if (sale.type === 'no-sale') return { type: 'passed', reason: sale.reason }
      const claims = new Map(conflict.claims.map((claim) => [claim.by, claim]))
      const ordered = [...new Set(sale.to)].flatMap((by) => claims.get(by) ?? [])
      const to = grantInOrder(conflict, ordered)
      return to.length > 0 ? { type: 'granted', to } : { type: 'passed', reason: 'nobody who won claims what there is' }
    },
  }
}
