/** How well a node is, judged from measurements. Pure: the measuring is done elsewhere. */

import { checkOptions, rule } from '../options.ts'
import type { EventCounts } from './event-counts.ts'
import { type HealthReason, type HealthStatus, statusOf } from './health-reason.ts'
import type { EventLoopDelay, MemoryUse } from './machine-measurements.ts'
import type { MailboxDepths } from './mailbox-depth.ts'

/** What was measured of one node. */
export interface NodeMeasurements {
  readonly uptimeMs: number
  readonly eventLoopDelay: EventLoopDelay
  readonly memory: MemoryUse
  readonly actors: number
  /** 0 where it is not known. */
  readonly actorsMax: number
  readonly mailboxes: MailboxDepths
  readonly lately: EventCounts
}

/** From which measurement on a node is degraded or unhealthy. */
export interface HealthThresholds {
  /** Of the 99th percentile of the delay of the event loop. @default 100 */
  readonly delayDegradedMs?: number
  /** Of the same; a single delay as long as that degrades. @default 1_000 */
  readonly delayUnhealthyMs?: number
  /** Of the memory there is, or of the heap. @default 0.85 */
  readonly memoryDegradedShare?: number
  /** @default 0.95 */
  readonly memoryUnhealthyShare?: number
  /** Of the fullest mailbox. @default 0.8 */
  readonly mailboxDegradedShare?: number
  /** Of `actorsMax`; a node that can start no more is unhealthy. @default 0.8 */
  readonly actorsDegradedShare?: number
  /** Within the window. @default 5 */
  readonly restartsDegraded?: number
  /** Within the window. @default 100 */
  readonly restartsUnhealthy?: number
  /** Messages within the window. @default 1 */
  readonly droppedDegraded?: number
}

export const healthThresholdsDefaults = {
  delayDegradedMs: 100,
  delayUnhealthyMs: 1_000,
  memoryDegradedShare: 0.85,
  memoryUnhealthyShare: 0.95,
  mailboxDegradedShare: 0.8,
  actorsDegradedShare: 0.8,
  restartsDegraded: 5,
  restartsUnhealthy: 100,
  droppedDegraded: 1,
} as const satisfies Required<HealthThresholds>

export interface NodeHealth {
  readonly status: HealthStatus
  readonly reasons: readonly HealthReason[]
}

/** How a node is judged. */
export type JudgeNode = (measured: NodeMeasurements, thresholds?: HealthThresholds) => NodeHealth

/**
 * The status of a node with reasons. A measurement that gets worse never makes the status better.
 *
 * Throws: `foundation/invalid-option`.
 */
export const nodeHealth: JudgeNode = (measured, thresholds = {}) => {
  const limits = healthThresholds(thresholds)
  const found = judges.map((judge) => judge(measured, limits))
  const reasons = found.filter((one) => one !== undefined)
  return { status: statusOf(reasons), reasons }
}

/** All thresholds, checked. */
export function healthThresholds(thresholds: HealthThresholds): Required<HealthThresholds> {
  const share = rule.optional(rule.number(0, 1))
  const number = rule.optional(rule.number(0))
  checkOptions('health: thresholds', thresholds, {
    delayDegradedMs: number,
    delayUnhealthyMs: number,
    memoryDegradedShare: share,
    memoryUnhealthyShare: share,
    mailboxDegradedShare: share,
    actorsDegradedShare: share,
    restartsDegraded: number,
    restartsUnhealthy: number,
    droppedDegraded: number,
  })
  return { ...healthThresholdsDefaults, ...thresholds }
}

type Judge = (measured: NodeMeasurements, limits: Required<HealthThresholds>) => HealthReason | undefined

const eventLoop: Judge = ({ eventLoopDelay: { p99Ms, maxMs } }, { delayDegradedMs, delayUnhealthyMs }) => {
  // One long stop is no state of the node, so it does not show in the percentile; it is worth a word all the same.
  const stopped = maxMs >= delayUnhealthyMs ? 'degraded' : undefined
  const severity = judged(p99Ms, delayDegradedMs, delayUnhealthyMs) ?? stopped
  return (
    severity && {
      severity,
      area: 'event-loop',
      sentence: `the event loop is ${p99Ms.toFixed(0)} ms late in the 99th percentile, ${maxMs.toFixed(0)} ms at worst`,
      recommendation: "start what computes long with isolation: 'thread', or give the process more cores",
    }
  )
}

const residentMemory: Judge = ({ memory }, { memoryDegradedShare, memoryUnhealthyShare }) => {
  const share = memory.residentBytes / memory.memoryBytes
  const severity = judged(share, memoryDegradedShare, memoryUnhealthyShare)
  return (
    severity && {
      severity,
      area: 'memory',
      sentence: `the process uses ${percent(share)} of the memory there is (${mib(memory.residentBytes)} of ${mib(memory.memoryBytes)})`,
      recommendation: 'lower actorsMax, mailboxCapacity or threads.heapBytesMax, or give the process more memory',
    }
  )
}

const heapMemory: Judge = ({ memory }, { memoryDegradedShare, memoryUnhealthyShare }) => {
  const share = memory.heapUsedBytes / memory.heapBytesMax
  const severity = judged(share, memoryDegradedShare, memoryUnhealthyShare)
  return (
    severity && {
      severity,
      area: 'memory',
      sentence: `the JavaScript heap is ${percent(share)} full (${mib(memory.heapUsedBytes)} of ${mib(memory.heapBytesMax)})`,
      recommendation: 'lower actorsMax or mailboxCapacity, or raise the heap with --max-old-space-size',
    }
  )
}

const fullMailbox: Judge = ({ mailboxes }, { mailboxDegradedShare }) => {
  const shareOf = (one: { size: number; capacity: number }) => one.size / one.capacity
  const [fullest] = [...mailboxes.fullest].sort((a, b) => shareOf(b) - shareOf(a))
  if (fullest === undefined || shareOf(fullest) < mailboxDegradedShare) return undefined
  return {
    // One actor that is behind does not make the node unfit for the others.
    severity: 'degraded',
    area: 'mailbox',
    sentence: `the mailbox of ${fullest.actor} is ${percent(shareOf(fullest))} full (${fullest.size} of ${fullest.capacity})`,
    recommendation: 'spread its work over more actors, or raise mailboxCapacity if it is behind for short times only',
  }
}

const actorCount: Judge = ({ actors, actorsMax }, { actorsDegradedShare }) => {
  const severity = actorsMax > 0 ? judged(actors / actorsMax, actorsDegradedShare, 1) : undefined
  return (
    severity && {
      severity,
      area: 'actors',
      sentence: `${actors} of ${actorsMax} actors are alive`,
      recommendation: 'raise actorsMax if the memory allows it, stop actors that are done, or add a node',
    }
  )
}

const restarts: Judge = ({ lately }, { restartsDegraded, restartsUnhealthy }) => {
  const severity = lately.restarts > 0 ? judged(lately.restarts, restartsDegraded, restartsUnhealthy) : undefined
  return (
    severity && {
      severity,
      area: 'restarts',
      sentence: `${lately.restarts} restarts within ${lately.windowMs} ms`,
      recommendation: 'see foundation.actor-crashed for the cause; a backoff of the supervisor spreads the restarts',
    }
  )
}

const dropped: Judge = ({ lately }, { droppedDegraded }) =>
  lately.dropped === 0 || lately.dropped < droppedDegraded
    ? undefined
    : {
        severity: 'degraded',
        area: 'messages',
        sentence: `${lately.dropped} messages were dropped within ${lately.windowMs} ms`,
        recommendation: "raise mailboxCapacity, or choose overflow: 'block' so that callers wait",
      }

const judges: readonly Judge[] = [eventLoop, residentMemory, heapMemory, fullMailbox, actorCount, restarts, dropped]

function judged(value: number, degradedFrom: number, unhealthyFrom: number): 'degraded' | 'unhealthy' | undefined {
  if (value >= unhealthyFrom) return 'unhealthy'
  return value >= degradedFrom ? 'degraded' : undefined
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`
}
