/** Which faults a run has, drawn from a seed. Pure. */

import type { Random } from '@mabeam/foundation'

export const nodeFaults = [
  'node-kill',
  'node-kill-holder',
  'node-pause',
  'node-pause-holder',
  'node-isolate',
  'node-slow',
] as const
export const serverFaults = [
  'server-kill',
  'server-kill-holders',
  'server-kill-leader',
  'server-pause',
  'server-disk-full',
  'split-server',
  'split-halves',
  'servers-slow',
] as const

export type NodeFault = (typeof nodeFaults)[number]
export type ServerFault = (typeof serverFaults)[number]

export interface PlannedFault<T> {
  readonly type: T
  /** After the one before it is over. */
  readonly waitMs: number
  readonly forMs: number
  /** Chooses whom it hits where its type leaves that open: from 0 to 1. */
  readonly pick: number
}

/** Two lists that run side by side: servers are hit one at a time, so that most of them live. */
export interface FaultPlan {
  readonly nodes: readonly PlannedFault<NodeFault>[]
  readonly servers: readonly PlannedFault<ServerFault>[]
}

/** Each fault once in any order, then again, until the time is full. */
export function faultPlan(random: Random, forMs: number): FaultPlan {
  return {
    nodes: drawn(random.fork('nodes'), nodeFaults, forMs, { waitMs: 5_000, forMs: 6_000 }),
    servers: drawn(random.fork('servers'), serverFaults, forMs, { waitMs: 3_000, forMs: 8_000 }),
  }
}

function drawn<T>(
  random: Random,
  types: readonly T[],
  untilMs: number,
  most: { readonly waitMs: number; readonly forMs: number },
): readonly PlannedFault<T>[] {
  const faults: PlannedFault<T>[] = []
  for (let atMs = 0; ; ) {
    for (const type of random.shuffle(types)) {
      const waitMs = 1_000 + random.int(most.waitMs)
      const forMs = 500 + random.int(most.forMs)
      atMs += waitMs + forMs
      if (atMs > untilMs) return faults
      faults.push({ type, waitMs, forMs, pick: random.next() })
    }
  }
}
