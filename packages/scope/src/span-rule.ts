/** Which events are spans: those that tell how long something took, and those that begin and end something. Pure. */

import type { TelemetryEvent } from '@mabeam/foundation'
import { unitOf } from './measurement.ts'

/** Something that begins with one event and ends with another, for as long as both name the same thing. */
export interface SpanPair {
  /** The name of the span. */
  readonly span: string
  readonly begin: string
  readonly ends: readonly string[]
  /** Metadata or measurements that say which of them it is. */
  readonly keys: readonly string[]
}

export const spanPairs: readonly SpanPair[] = [
  {
    span: 'foundation.node',
    begin: 'foundation.node-started',
    ends: ['foundation.node-stopped'],
    keys: ['system', 'node', 'epoch'],
  },
  {
    span: 'foundation.actor',
    begin: 'foundation.actor-started',
    ends: ['foundation.actor-stopped', 'foundation.actor-crashed'],
    keys: ['node', 'actor'],
  },
  {
    span: 'foundation.thread',
    begin: 'foundation.thread-started',
    ends: ['foundation.thread-ended'],
    keys: ['node', 'thread'],
  },
  {
    span: 'foundation.session',
    begin: 'foundation.session-begun',
    ends: ['foundation.session-lost'],
    keys: ['node', 'token'],
  },
]

/** What a measurement is called that says how long what the event tells of took, until now. `delayMs` is still to come. */
const durations: readonly string[] = ['durationMs', 'latencyMs', 'elapsedMs', 'tookMs', 'durationUs', 'seconds']

/** How many milliseconds ago what the event tells of began; undefined when it does not say. */
export function durationMsOf({ measurements }: TelemetryEvent): number | undefined {
  for (const name of durations) {
    const value = measurements[name]
    if (value !== undefined && Number.isFinite(value) && value >= 0) return value * unitOf(name).toBase * 1_000
  }
  return undefined
}

/** Which of the things of that pair an event is about. */
export function spanKeyOf(pair: SpanPair, { metadata, measurements }: TelemetryEvent): string {
  return JSON.stringify([pair.span, ...pair.keys.map((key) => metadata[key] ?? measurements[key] ?? null)])
}
