/** What a node says of itself when it is asked: plain data, bounded, of one moment. Version 1. */

import type { CacheStats } from '../cache/cache.ts'
import type { QueueStats } from '../engine/durable-queue.ts'
import type { EngineStatus } from '../engine/engine.ts'
import type { HealthReport } from '../health/health.ts'
import type { HealthStatus } from '../health/health-reason.ts'
import type { EventLoopDelay, MemoryUse } from '../health/machine-measurements.ts'
import type { MailboxDepths } from '../health/mailbox-depth.ts'
import type { MemberStatus } from '../membership/member.ts'
import type { WorkerStats } from '../queue/queue-worker.ts'
import type { DrainLeft } from './drain-part.ts'
import type { DrainPhase } from './drain-step.ts'

/** A place this node holds. */
export interface HeldPlace {
  readonly place: string
  /** The fencing token. */
  readonly fence: number
}

/** A queue that is open on a node. */
export interface NodeQueueStatus {
  readonly name: string
  /** Of the whole queue; null where the engine did not say. */
  readonly depths: QueueStats | null
  /** Workers of this node, and what they did. */
  readonly workers: WorkerStats & { readonly count: number }
}

export interface NodeCacheStatus extends CacheStats {
  readonly name: string
}

/** Another node, or the node itself, as the one asked sees it. */
export interface SeenMember {
  readonly name: string
  readonly epoch: number
  readonly status: MemberStatus
  readonly draining: boolean
}

/** Lists are cut at their limits; `counts` are whole. */
export interface NodeStatus {
  readonly version: 1
  readonly system: string
  readonly name: string
  readonly epoch: number
  /** Of the program. */
  readonly program: string
  readonly labels: { readonly [label: string]: string }
  readonly atMs: number
  readonly uptimeMs: number
  readonly phase: DrainPhase
  /** While it is drained: what others could still have. */
  readonly left: DrainLeft
  readonly engine: { readonly name: string; readonly status: EngineStatus }
  /** The token of its session; null while it has none, and so holds nothing. */
  readonly session: number | null
  readonly actors: number
  /** What waits in mailboxes, with the five fullest. */
  readonly mailboxes: MailboxDepths
  readonly places: readonly HeldPlace[]
  /** Names of the system that actors here have. */
  readonly names: readonly string[]
  readonly queues: readonly NodeQueueStatus[]
  readonly caches: readonly NodeCacheStatus[]
  /** Strong and eventual cells open here. */
  readonly cells: readonly string[]
  readonly members: readonly SeenMember[]
  readonly counts: {
    readonly places: number
    readonly names: number
    readonly queues: number
    readonly caches: number
    readonly cells: number
    readonly members: number
  }
  readonly eventLoopDelay: EventLoopDelay
  readonly memory: MemoryUse
  readonly health: { readonly status: HealthStatus; readonly reasons: readonly string[] }
}

/** What is in a status of each list at most. */
export const statusLimits = {
  places: 1_024,
  names: 1_000,
  queues: 200,
  caches: 200,
  cells: 200,
  members: 1_024,
  reasons: 20,
} as const

/** What a node knows, uncut. */
export type NodeFacts = Omit<
  NodeStatus,
  'version' | 'counts' | 'eventLoopDelay' | 'memory' | 'health' | 'mailboxes'
> & {
  readonly report: HealthReport
}

/** The status of these facts, each list in order and within its limit. */
export function nodeStatus({ report, ...facts }: NodeFacts): NodeStatus {
  const { places, names, queues, caches, cells, members, left } = facts
  const { measurements, reasons, status } = report
  return {
    version: 1,
    ...facts,
    left: cutLeft(left),
    places: cut(places, statusLimits.places, ({ place }) => place),
    names: cut(names, statusLimits.names, (name) => name),
    queues: cut(queues, statusLimits.queues, ({ name }) => name),
    caches: cut(caches, statusLimits.caches, ({ name }) => name),
    cells: cut(cells, statusLimits.cells, (name) => name),
    members: cut(members, statusLimits.members, ({ name }) => name),
    counts: {
      places: places.length,
      names: names.length,
      queues: queues.length,
      caches: caches.length,
      cells: cells.length,
      members: members.length,
    },
    mailboxes: measurements.mailboxes,
    eventLoopDelay: measurements.eventLoopDelay,
    memory: measurements.memory,
    health: { status, reasons: reasons.slice(0, statusLimits.reasons).map(({ sentence }) => sentence) },
  }
}

/** What is left, with no more places than are shown. */
export function cutLeft<T extends DrainLeft>(left: T): T {
  const { places, untaken } = left
  return { ...left, places: places.slice(0, statusLimits.places), untaken: untaken.slice(0, statusLimits.places) }
}

/** The first so many, by name. */
function cut<T>(list: readonly T[], max: number, nameOf: (one: T) => string): readonly T[] {
  const inOrder = [...list].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0))
  return inOrder.slice(0, max)
}
