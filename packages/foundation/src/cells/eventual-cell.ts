/**
 * Eventual cells as users see them. Each node that opens one has a replica of its own, which it reads and writes at once, also
 * in a partition; replicas that hear of each other become equal.
 *
 * *Delivery*: a write is in effect here when the call returns, and elsewhere after `gossipMs` and a message, or, where that
 * was lost, after some `syncMs`. Nothing is on disk: a write is lost when its node dies before it told anybody, and the whole
 * cell when the last node that has it open is gone. Values are copied when written; those handed out are shared, so
 * don't change them.
 */

import { invalidOption } from '../options.ts'
import type { CellWatch, CellWatchOptions } from './cell-watch.ts'
import type { DottedEntries } from './crdts/dotted-entries.ts'
import type { MergeFunction } from './crdts/multi-value-register.ts'
import { type SetElement, type SetOp, setHas } from './crdts/observed-set.ts'
import { type MapOp, type MapState, mapGet } from './crdts/register-map.ts'
import type { Replica } from './replica.ts'

/** What all eventual cells are. */
export interface EventualCell<Value> {
  readonly name: string
  readonly nature: 'eventual'
  /** What this node knows: what it wrote itself, and of others what it has heard. */
  value(): Value
  /** The value there is, then each change, local or heard; see `CellWatch`. Throws `foundation/cell-full`. */
  watch(options?: CellWatchOptions): CellWatch<Value>
}

/** One value. Concurrent writes: the last by hybrid clock, or what the policy of its opening makes of them. */
export interface RegisterCell<T> extends EventualCell<T | undefined> {
  /** Throws `foundation/payload-too-large`, `foundation/unsendable` and `foundation/cell-closed`. */
  set(value: T): void
}

/** One value, or several when they were written without knowing of each other; the next write here replaces them all. */
export interface MultiRegisterCell<T> extends EventualCell<readonly T[]> {
  /** Throws `foundation/payload-too-large`, `foundation/unsendable` and `foundation/cell-closed`. */
  set(value: T): void
}

/** A sum to which every node adds. */
export interface CounterCell extends EventualCell<number> {
  /** Throws `foundation/invalid-counter-step` unless it is an integer, which may be negative. */
  add(by?: number): void
}

/** A set: of a concurrent addition and removal of one element the addition wins. */
export interface SetCell<T extends SetElement> extends EventualCell<ReadonlySet<T>> {
  has(element: T): boolean
  /** Throws `foundation/cell-full`, `foundation/payload-too-large` and `foundation/cell-closed`. */
  add(element: T): void
  /** Takes away what this node has seen. */
  delete(element: T): void
  clear(): void
}

/** A map: of concurrent writes of a key the last by hybrid clock, or by policy; one concurrent with a removal survives. */
export interface MapCell<T> extends EventualCell<ReadonlyMap<string, T>> {
  get(key: string): T | undefined
  /** Throws `foundation/cell-full`, `foundation/payload-too-large`, `foundation/unsendable` and `foundation/cell-closed`. */
  set(key: string, value: T): void
  /** Takes away what this node has seen. */
  delete(key: string): void
  clear(): void
}

/**
 * What becomes of concurrent writes: the last one wins, all are kept (a `multiRegister`), or a function makes one of two.
 * The function must be commutative, associative, idempotent and the same on all nodes; `mergeFunctionContract` (door
 * `./testing`) checks it.
 */
export type ConflictPolicy<T> = 'last-write' | MergeFunction<T>

export function registerCell<T, State>(replica: Replica<State, T, T | undefined>): RegisterCell<T> {
  return { ...eventualCell(replica), set: (value) => replica.apply(replica.taken(value)) }
}

export function multiRegisterCell<T>(replica: Replica<DottedEntries<T>, T, readonly T[]>): MultiRegisterCell<T> {
  return { ...eventualCell(replica), set: (value) => replica.apply(replica.taken(value)) }
}

export function counterCell<State>(replica: Replica<State, number, number>): CounterCell {
  return { ...eventualCell(replica), add: (by = 1) => replica.apply(by) }
}

export function setCell<T extends SetElement>(
  replica: Replica<DottedEntries<T>, SetOp<T>, ReadonlySet<T>>,
): SetCell<T> {
  return {
    ...eventualCell(replica),
    has: (element) => setHas(replica.state, element),
    add(element) {
      if (typeof element !== 'string' && typeof element !== 'number') {
        throw invalidOption('set', 'element', 'a string or a number', element)
      }
      replica.apply({ type: 'add', element: replica.taken(element) })
    },
    delete: (element) => replica.apply({ type: 'remove', element }),
    clear: () => replica.apply({ type: 'clear' }),
  }
}

export function mapCell<T>(
  replica: Replica<MapState<T>, MapOp<T>, ReadonlyMap<string, T>>,
  merge: MergeFunction<T> | undefined,
): MapCell<T> {
  return {
    ...eventualCell(replica),
    get: (key) => mapGet(replica.state, key, merge),
    set(key, value) {
      const [takenKey, takenValue] = replica.taken<readonly [string, T]>([key, value])
      replica.apply({ type: 'set', key: takenKey, value: takenValue })
    },
    delete: (key) => replica.apply({ type: 'delete', key }),
    clear: () => replica.apply({ type: 'clear' }),
  }
}

function eventualCell<State, Value>(replica: Replica<State, never, Value>): EventualCell<Value> {
  return {
    name: replica.name,
    nature: 'eventual',
    value: () => replica.value,
    watch: (options = {}) => replica.watch(options),
  }
}

/** Any cell, as the gossip sees it. */
export type AnyReplica = Replica<unknown, never, unknown>
