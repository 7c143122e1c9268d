/** A register that keeps all of concurrent writes, until a later write that has seen them replaces them. */

import type { Crdt } from './crdt.ts'
import {
  type DottedEntries,
  digestOfEntries,
  halvesOfEntries,
  mergedEntries,
  noEntries,
  sizeOfEntries,
  writtenEntry,
} from './dotted-entries.ts'
import { entriesAt } from './entry-buckets.ts'

/** Makes one of two concurrent values. Must be commutative, associative and idempotent: see `mergeFunctionContract`. */
export type MergeFunction<T> = (a: T, b: T) => T

/** The operation is the value to write; the value is all that were written last, in an order that all replicas share. */
export function multiValueRegister<T>(): Crdt<DottedEntries<T>, T, readonly T[]> {
  return {
    kind: 'multi-register',
    empty: noEntries(),
    apply: (state, value, { replica }) => writtenEntry(state, replica, [theKey, value]),
    merge: mergedEntries,
    value: (state) => entriesAt(state.entries, theKey).map((one) => one.value),
    size: sizeOfEntries,
    latest: () => undefined,
    digest: digestOfEntries,
    halves: halvesOfEntries,
  }
}

/**
 * A register whose concurrent values are merged by a function, each time it is read: the order is the same everywhere, so
 * replicas agree even where the function is not commutative; then the names of replicas would decide, though.
 */
export function mergedRegister<T>(merge: MergeFunction<T>): Crdt<DottedEntries<T>, T, T | undefined> {
  const values = multiValueRegister<T>()
  return {
    ...values,
    kind: 'merged-register',
    value(state) {
      const [first, ...others] = values.value(state)
      return first === undefined ? undefined : others.reduce((a, b) => merge(a, b), first)
    },
  }
}

const theKey = ''
