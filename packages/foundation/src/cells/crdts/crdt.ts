/**
 * The contract of a replicated value that merges by itself. States form a lattice: a delta is a small state, and merging
 * is the least upper bound, so deltas may arrive in any order, twice, or inside a larger state.
 *
 * Source: Almeida, Shoker & Baquero, Delta State Replicated Data Types, J. Parallel Distrib. Comput. 111, 2018.
 */

import type { HybridTime, Stamp } from '../hybrid-clock.ts'

/** Who changes a value, and when. A replica name is never used again by somebody who does not hold its state. */
export interface Author {
  readonly replica: string
  readonly time: HybridTime
}

/** What a state takes: what limits are set on. */
export interface CrdtSize {
  readonly entries: number
  /** Replicas it remembers, those gone included. */
  readonly replicas: number
}

/**
 * Called by the replicas of a cell, one at a time. All members are pure. `crdtContract` (door `./testing`) holds the laws:
 * merge is commutative, associative and idempotent, `empty` is neutral, and replicas that got the same deltas are equal.
 */
export interface Crdt<State, Op, Value> {
  /** Replicas of one cell are of one kind. */
  readonly kind: string
  readonly empty: State
  /** The delta that carries out `op`; the state itself stays. Throws for an operation that can't be. */
  apply(state: State, op: Op, author: Author): State
  /** Ensures: the same object when the delta tells nothing new. */
  merge(state: State, delta: State): State
  value(state: State): Value
  size(state: State): CrdtSize
  /** The latest stamp in it; undefined when it has none. */
  latest(state: State): Stamp | undefined
  /** A short text, equal for equal states only. */
  digest(state: State): string
  /** Two smaller states that merge into this one, in any order; undefined when it is as small as can be. */
  halves(state: State): readonly [State, State] | undefined
}
