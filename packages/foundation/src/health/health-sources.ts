/** Where the measurements of a node come from, and what is made of one that fails. */

import { messageOf } from '../errors.ts'
import { checkOptions, rule } from '../options.ts'
import { type ClusterHealth, clusterHealth, type HealthMember } from './cluster-health.ts'
import type { EventCounts } from './event-counts.ts'
import type { HealthReason } from './health-reason.ts'
import type { EventLoopDelaySource, MemoryUse } from './machine-measurements.ts'
import { type ActorMailbox, mailboxDepths } from './mailbox-depth.ts'
import type { NodeMeasurements } from './node-health.ts'

/**
 * Where the measurements come from. Each is read in the turn of a report; one that throws is a reason of the report, and
 * what it would have said is taken for nothing.
 */
export interface HealthSources {
  /** How many actors there are. @default 0 */
  readonly actors?: () => number
  /** The limit of the node. @default none known */
  readonly actorsMax?: number
  /** The first 100,000 are looked at. @default none */
  readonly mailboxes?: () => Iterable<ActorMailbox>
  /** Such as `countedTelemetry` counts. @default nothing is known to have happened */
  readonly lately?: () => EventCounts
  /** The nodes of the system; undefined while this node is alone. @default this node is alone */
  readonly members?: () => readonly HealthMember[] | undefined
  /** What membership says. @default true */
  readonly hasMajority?: () => boolean
  /** How many nodes there ought to be. @default as many as are known */
  readonly expectedNodes?: number
  /** @default the memory of this process */
  readonly memory?: () => MemoryUse
  /** Closed with the part. @default the event loop of this thread */
  readonly eventLoopDelay?: EventLoopDelaySource
}

/** Throws `foundation/invalid-option`. */
export function checkSources(sources: HealthSources): void {
  checkOptions('createHealth: sources', sources, {
    actors: rule.optional(rule.fn()),
    actorsMax: rule.optional(rule.int(1)),
    mailboxes: rule.optional(rule.fn()),
    lately: rule.optional(rule.fn()),
    members: rule.optional(rule.fn()),
    hasMajority: rule.optional(rule.fn()),
    expectedNodes: rule.optional(rule.int(1)),
    memory: rule.optional(rule.fn()),
    eventLoopDelay: rule.optional(rule.object()),
  })
}

/** What the sources of a node say now; what one can't say is a fault. */
export function measuredNode(
  sources: HealthSources,
  memory: () => MemoryUse,
  faults: HealthReason[],
): Omit<NodeMeasurements, 'uptimeMs' | 'eventLoopDelay'> {
  const { actors, actorsMax, mailboxes, lately } = sources
  return {
    memory: read('memory', memory, faults) ?? noMemory,
    actors: read('actors', actors, faults) ?? 0,
    actorsMax: actorsMax ?? 0,
    // Walked in here, since what is given may throw on the way.
    mailboxes: read('mailboxes', mailboxes && (() => mailboxDepths(mailboxes())), faults) ?? mailboxDepths([]),
    lately: read('lately', lately, faults) ?? { restarts: 0, dropped: 0, windowMs: 0 },
  }
}

/** The system as the sources tell it; null for a node that is alone. */
export function measuredCluster(
  { members, hasMajority, expectedNodes }: HealthSources,
  nowMs: number,
  faults: HealthReason[],
): ClusterHealth | null {
  const known = read('members', members, faults)
  if (known === undefined) return null
  const majority = read('hasMajority', hasMajority, faults) ?? true
  return clusterHealth(known, { nowMs, hasMajority: majority, ...(expectedNodes !== undefined && { expectedNodes }) })
}

/** As if there were room. */
const noMemory: MemoryUse = { residentBytes: 0, memoryBytes: 1, heapUsedBytes: 0, heapBytesMax: 1 }

/** What a source says; of one that throws, nothing, and a reason. */
function read<T>(source: string, ask: (() => T) | undefined, faults: HealthReason[]): T | undefined {
  try {
    return ask?.()
  } catch (thrown) {
    faults.push({
      severity: 'degraded',
      area: 'measurement',
      sentence: `${source} can't be measured: ${messageOf(thrown)}`,
      recommendation: `mend the source ${source} that createHealth was given`,
    })
    return undefined
  }
}
