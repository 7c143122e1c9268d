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
/** A server dies or hangs, and nothing else is wrong: nobody may lose what it holds. */
export const serverDeaths = ['server-kill', 'server-kill-holders', 'server-kill-leader', 'server-pause'] as const
/** What nodes may feel. */
export const clusterFaults = ['server-disk-full', 'split-server', 'split-halves', 'servers-slow'] as const

export type NodeFault = (typeof nodeFaults)[number]
export type ServerFault = (typeof serverDeaths)[number] | (typeof clusterFaults)[number]

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

/**
 * Each fault once in any order, then again, until the time is full. Of those of servers the deaths come first each time, so that they are
 * seen alone.
 */
export function faultPlan(random: Random, forMs: number): FaultPlan {
  const nodes = random.fork('nodes')
  const servers = random.fork('servers')
  return {
    nodes: drawn(nodes, () => nodes.shuffle(nodeFaults), { forMs, waitMaxMs: 6_000, lastMaxMs: 6_500 }),
    servers: drawn(servers, () => [...servers.shuffle(serverDeaths), ...servers.shuffle(clusterFaults)], {
      forMs,
      waitMaxMs: 4_000,
      lastMaxMs: 8_500,
    }),
  }
}

interface Drawing {
  readonly forMs: number
  readonly waitMaxMs: number
  readonly lastMaxMs: number
}

function drawn<T>(random: Random, deck: () => readonly T[], drawing: Drawing): readonly PlannedFault<T>[] {
  const faults: PlannedFault<T>[] = []
  for (let atMs = 0; ; ) {
    for (const type of deck()) {
      const waitMs = 1_000 + random.int(drawing.waitMaxMs - 1_000)
      const forMs = 500 + random.int(drawing.lastMaxMs - 500)
      atMs += waitMs + forMs
      if (atMs > drawing.forMs) return faults
      faults.push({ type, waitMs, forMs, pick: random.next() })
    }
  }
}
