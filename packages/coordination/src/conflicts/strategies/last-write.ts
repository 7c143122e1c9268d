/** The latest claim wins. */

import { type ConflictStrategy, grantInOrder } from '../conflict-strategy.ts'

/** `last-write`: claims by time, the latest first; of one moment by name, so that everybody comes to the same. Passes where there is not enough for anybody. */
export function byLastWrite(): ConflictStrategy {
  return {
    name: 'last-write',
    resolve(conflict) {
      const ordered = conflict.claims.toSorted((a, b) => b.atMs - a.atMs || (a.by > b.by ? -1 : 1))
      const to = grantInOrder(conflict, ordered)
      return to.length > 0 ? { type: 'granted', to } : { type: 'passed', reason: 'there is not enough for anybody' }
    },
  }
}
