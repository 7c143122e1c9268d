/** A register whose last write wins, by the stamps of a hybrid logical clock: of two concurrent writes one is lost. */

import { type Stamp, stampOrder } from '../hybrid-clock.ts'
import type { Crdt } from './crdt.ts'

export interface LastWrite<T> {
  readonly value: T
  readonly stamp: Stamp
}

/** Undefined before the first write. */
export type LastWriteState<T> = LastWrite<T> | undefined

/** The operation is the value to write. @example lastWriteRegister<string>() */
export function lastWriteRegister<T>(): Crdt<LastWriteState<T>, T, T | undefined> {
  return {
    kind: 'register',
    empty: undefined,
    apply: (_state, value, { replica, time }) => ({ value, stamp: { ...time, replica } }),
    merge: laterWrite,
    value: (state) => state?.value,
    size: (state) => ({ entries: state === undefined ? 0 : 1, replicas: 0 }),
    latest: (state) => state?.stamp,
    digest: (state) => (state === undefined ? '' : stampText(state.stamp)),
    halves: () => undefined,
  }
}

/** Ensures: `a` when both are the same write. */
export function laterWrite<T>(a: LastWriteState<T>, b: LastWriteState<T>): LastWriteState<T> {
  if (a === undefined || b === undefined) return a ?? b
  return stampOrder(a.stamp, b.stamp) < 0 ? b : a
}

function stampText({ wallMs, tick, replica }: Stamp): string {
  return `${wallMs} ${tick} ${replica}`
}
