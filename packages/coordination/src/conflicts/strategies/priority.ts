/** The most important claim wins. */

import { type ConflictStrategy, grantInOrder } from '../conflict-strategy.ts'

/**
 * `priority`: claims by priority, the highest first; of equal ones the earlier. Passes where the two highest are equally important and want
 * different things, unless there is enough for both.
 */
export function byPriority(): ConflictStrategy {
  return {
    name: 'priority',
    resolve(conflict) {
      const ordered = conflict.claims.toSorted(
        (a, b) => (b.priority ?? 0) - (a.priority ?? 0) || a.atMs - b.atMs || (a.by < b.by ? -1 : 1),
      )
      const to = grantInOrder(conflict, ordered)
      const granted = new Set(to)
      // Of a value its most important claim counts, of units each: against the most important that is not granted.
      const least = conflict.kind === 'resource' ? ordered.findLast(({ by }) => granted.has(by)) : ordered[0]
      const next = ordered.find(({ by }) => !granted.has(by))
      if (least === undefined) return { type: 'passed', reason: 'there is not enough for anybody' }
      if (next !== undefined && (next.priority ?? 0) >= (least.priority ?? 0)) {
        return { type: 'passed', reason: `"${next.by}" is no less important than "${least.by}"` }
      }
      return { type: 'granted', to }
    },
  }
}
