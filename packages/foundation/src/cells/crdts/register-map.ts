/**
 * A map of registers: the last write of a key wins, and removing a key takes away the writes that were seen, so a write that
 * the remover did not know of survives.
 */

import { type Stamp, stampOrder } from '../hybrid-clock.ts'
import type { Crdt } from './crdt.ts'
import {
  type Dotted,
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
import { type LastWrite, laterWrite } from './last-write-register.ts'
import type { MergeFunction } from './multi-value-register.ts'

export type MapOp<T> =
  | { readonly type: 'set'; readonly key: string; readonly value: T }
  | { readonly type: 'delete'; readonly key: string }
  /** Removes all that was seen. */
  | { readonly type: 'clear' }

export type MapState<T> = DottedEntries<LastWrite<T>>

/** Concurrent writes of a key: the last by stamp, or what `merge` makes of them all. */
export function registerMap<T>(merge?: MergeFunction<T>): Crdt<MapState<T>, MapOp<T>, ReadonlyMap<string, T>> {
  return {
    kind: merge === undefined ? 'map' : 'merged-map',
    empty: noEntries(),
    apply(state, op, { replica, time }) {
      if (op.type === 'clear') return removedEntries(state)
      if (op.type === 'delete') return removedEntries(state, op.key)
      return writtenEntry(state, replica, [op.key, { value: op.value, stamp: { ...time, replica } }])
    },
    merge: mergedEntries,
    value: (state) => new Map([...allEntries(state.entries)].map(([key, list]) => [key, resolved(list, merge)])),
    size: sizeOfEntries,
    latest: latestStamp,
    digest: digestOfEntries,
    halves: halvesOfEntries,
  }
}

/** The value of one key, without making the whole map. */
export function mapGet<T>(state: MapState<T>, key: string, merge?: MergeFunction<T>): T | undefined {
  const list = entriesAt(state.entries, key)
  return list.length === 0 ? undefined : resolved(list, merge)
}

function resolved<T>(list: readonly Dotted<LastWrite<T>>[], merge: MergeFunction<T> | undefined): T {
  const writes = list.map((one) => one.value)
  if (merge !== undefined) return writes.map((one) => one.value).reduce((a, b) => merge(a, b))
  return (writes.reduce((a, b) => laterWrite(a, b) as LastWrite<T>) as LastWrite<T>).value
}

function latestStamp(state: MapState<unknown>): Stamp | undefined {
  let latest: Stamp | undefined
  for (const [, list] of allEntries(state.entries)) {
    for (const { value } of list) if (latest === undefined || stampOrder(latest, value.stamp) < 0) latest = value.stamp
  }
  return latest
}
