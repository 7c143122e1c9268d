/** A set in which removing takes away what was seen: an addition that the remover did not know of wins. */

import type { Crdt } from './crdt.ts'
import {
  type DottedEntries,
  digestOfEntries,
  halvesOfEntries,
  mergedEntries,
  noEntries,
  removedEntries,
  sizeOfEntries,
  writtenEntry,
} from './dotted-entries.ts'
import { allEntries, entriesAt } from './entry-buckets.ts'

/** What a set holds: values that are equal when they look the same. */
export type SetElement = string | number

export type SetOp<T extends SetElement> =
  | { readonly type: 'add' | 'remove'; readonly element: T }
  /** Removes all that was seen. */
  | { readonly type: 'clear' }

/**
 * Observed-remove, add wins, without tombstones. Source: Bieniusa, Zawirski, Preguica, Shapiro, Baquero, Balegas & Duarte,
 * An Optimized Conflict-free Replicated Set, INRIA RR-8083, 2012. Differs: deltas; see `dotted-entries.ts`.
 */
export function observedSet<T extends SetElement>(): Crdt<DottedEntries<T>, SetOp<T>, ReadonlySet<T>> {
  return {
    kind: 'set',
    empty: noEntries(),
    apply(state, op, { replica }) {
      if (op.type === 'clear') return removedEntries(state)
      const key = keyOf(op.element)
      return op.type === 'add' ? writtenEntry(state, replica, [key, op.element]) : removedEntries(state, key)
    },
    merge: mergedEntries,
    value: (state) => new Set([...allEntries(state.entries)].flatMap(([, list]) => list.map((one) => one.value))),
    size: sizeOfEntries,
    latest: () => undefined,
    digest: digestOfEntries,
    halves: halvesOfEntries,
  }
}

/** Whether it holds the element, without making the whole set. */
export function setHas(state: DottedEntries<SetElement>, element: SetElement): boolean {
  return entriesAt(state.entries, keyOf(element)).length > 0
}

function keyOf(element: SetElement): string {
  return `${typeof element === 'number' ? 'n' : 's'}${element}`
}
