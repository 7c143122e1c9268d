/** A system as an operator sees it: plain data, bounded, gathered from what its nodes answer and what the engine keeps. Version 1. */

import type { QueueStats } from '../engine/durable-queue.ts'
import type { EngineStatus, StoreName } from '../engine/engine.ts'
import type { NodeStatus } from './node-status.ts'

/**
 * `here`: it answered. `busy`: it did not, and its process gives a sign of life. `silent`: neither in time. `gone`: nobody of that
 * name listens. `failed`: it answered with an error, see `failure`.
 */
export type Presence = 'here' | 'busy' | 'silent' | 'gone' | 'failed'

/** What names a node that is listed. */
export type KnownBy = 'session' | 'claim' | 'member'

export interface ClusterNode {
  readonly name: string
  readonly presence: Presence
  readonly knownBy: readonly KnownBy[]
  /** The token of its session as the engine keeps it; null for none. */
  readonly session: number | null
  /** Null unless it is `here`. */
  readonly status: NodeStatus | null
  /** Why there is no status; empty unless it `failed`. */
  readonly failure: string
}

export interface ClusterPlace {
  readonly place: string
  /** Null while nobody holds it. */
  readonly node: string | null
  /** The fencing token of the holder, or of the last one. */
  readonly fence: number
}

/** Nodes that offer to run the places of one placement. */
export interface ClusterPlacement {
  readonly name: string
  /** What all that offer it agree on: strategy and number of places. */
  readonly terms: string
  readonly offeredBy: readonly string[]
}

export interface ClusterQueue {
  readonly name: string
  /** Null where they could not be read. */
  readonly depths: QueueStats | null
  /** Workers on the nodes that answered. */
  readonly workers: number
}

export interface ClusterSession {
  readonly node: string
  readonly epoch: number
  readonly token: number
}

export interface ClusterService {
  readonly name: string
  readonly instances: number
  /** Those whose check passes, or that have none. */
  readonly healthy: number
  readonly nodes: readonly string[]
}

/** An actor by a name of the system. */
export interface ClusterName {
  readonly name: string
  readonly node: string
}

/** Lists are in order, and cut at `clusterLimits`; `counts` are whole. */
export interface ClusterStatus {
  readonly version: 1
  readonly system: string
  readonly atMs: number
  readonly engine: { readonly name: string; readonly status: EngineStatus }
  readonly nodes: readonly ClusterNode[]
  readonly places: readonly ClusterPlace[]
  readonly placements: readonly ClusterPlacement[]
  readonly queues: readonly ClusterQueue[]
  readonly sessions: readonly ClusterSession[]
  readonly services: readonly ClusterService[]
  readonly names: readonly ClusterName[]
  /** What the engine keeps for this system. */
  readonly stores: readonly StoreName[]
  readonly counts: { readonly [list in ClusterList]: number }
}

type ClusterList = 'nodes' | 'places' | 'placements' | 'queues' | 'sessions' | 'services' | 'names' | 'stores'

export const clusterLimits = {
  nodes: 1_024,
  places: 10_000,
  placements: 1_000,
  queues: 1_000,
  sessions: 1_024,
  services: 1_000,
  names: 10_000,
  stores: 10_000,
} as const satisfies { readonly [list in ClusterList]: number }

/** What was gathered, uncut and in any order. */
export type ClusterFacts = Omit<ClusterStatus, 'version' | 'counts'>

export function clusterStatus(facts: ClusterFacts): ClusterStatus {
  const { system, atMs, engine, nodes, places, placements, queues, sessions, services, names, stores } = facts
  const lists = { nodes, places, placements, queues, sessions, services, names, stores }
  return {
    version: 1,
    system,
    atMs,
    engine,
    nodes: cut(nodes, clusterLimits.nodes, ({ name }) => name),
    places: cut(places, clusterLimits.places, ({ place }) => place),
    placements: cut(placements, clusterLimits.placements, ({ name }) => name),
    queues: cut(queues, clusterLimits.queues, ({ name }) => name),
    sessions: cut(sessions, clusterLimits.sessions, ({ node }) => node),
    services: cut(services, clusterLimits.services, ({ name }) => name),
    names: cut(names, clusterLimits.names, ({ name }) => name),
    stores: cut(stores, clusterLimits.stores, ({ kind, name }) => `${name} ${kind}`),
    counts: Object.fromEntries(
      Object.entries(lists).map(([list, all]) => [list, all.length]),
    ) as ClusterStatus['counts'],
  }
}

/** The first so many by name, numbers in it by their value: `shard.2` before `shard.10`. */
function cut<T>(list: readonly T[], max: number, nameOf: (one: T) => string): readonly T[] {
  const named = list.map((one) => [nameOf(one), one] as const)
  return named
    .sort(([a], [b]) => inOrder.compare(a, b))
    .slice(0, max)
    .map(([, one]) => one)
}

const inOrder = new Intl.Collator('en', { numeric: true })
