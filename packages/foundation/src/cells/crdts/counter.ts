/** A counter that goes up and down: each replica counts its own, the value is the sum. */

import { hash } from 'node:crypto'
import { invalidCounterStep } from '../../errors/cell-errors.ts'
import type { Crdt } from './crdt.ts'

/** What one replica has counted, up and down apart so that both only grow. */
export interface Tally {
  readonly up: number
  readonly down: number
}

export type CounterState = ReadonlyMap<string, Tally>

/**
 * The operation is the integer to add, which may be negative. Source: PN-counter, Shapiro, Preguica, Baquero & Zawirski,
 * INRIA RR-7506, 2011. Differs: none.
 */
export const counterCrdt: Crdt<CounterState, number, number> = {
  kind: 'counter',
  empty: new Map(),
  apply(state, by, { replica }) {
    const { up, down } = state.get(replica) ?? zero
    const tally = by < 0 ? { up, down: down - by } : { up: up + by, down }
    if (!Number.isSafeInteger(by) || !Number.isSafeInteger(Math.max(tally.up, tally.down))) throw invalidCounterStep(by)
    return new Map([[replica, tally]])
  },
  merge(state, delta) {
    let merged: Map<string, Tally> | undefined
    for (const [replica, theirs] of delta) {
      const mine = state.get(replica) ?? zero
      if (state.has(replica) && theirs.up <= mine.up && theirs.down <= mine.down) continue
      merged ??= new Map(state)
      merged.set(replica, { up: Math.max(mine.up, theirs.up), down: Math.max(mine.down, theirs.down) })
    }
    return merged ?? state
  },
  value(state) {
    // Exact, so that the order of replicas makes no difference.
    let sum = 0n
    for (const { up, down } of state.values()) sum += BigInt(up) - BigInt(down)
    return Number(sum)
  },
  size: (state) => ({ entries: 1, replicas: state.size }),
  latest: () => undefined,
  digest(state) {
    const lines = [...state].map(([replica, { up, down }]) => `${replica} ${up} ${down}`)
    return hash('sha256', lines.sort().join('\n'), 'base64url')
  },
  halves(state) {
    if (state.size < 2) return undefined
    const all = [...state]
    const middle = Math.ceil(all.length / 2)
    return [new Map(all.slice(0, middle)), new Map(all.slice(middle))]
  },
}

const zero: Tally = { up: 0, down: 0 }
