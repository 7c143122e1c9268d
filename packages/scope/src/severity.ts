/** Which events are worth a log record, and how grave each is: by the verb that ends its name. Pure. */

import type { TelemetryEvent } from '@mabeam/foundation'

/** `none`: metrics only. */
export type Severity = 'error' | 'warn' | 'info' | 'none'

/** By name of an event (`foundation.thread-ended`), or by the verb at the end of a name (`crashed`). */
export interface Severities {
  readonly [eventOrVerb: string]: Severity
}

export const severityNames: readonly Severity[] = ['error', 'warn', 'info', 'none']

/**
 * | severity | events that end in | and |
 * |---|---|---|
 * | error | `crashed`, `lost`, `dead` | |
 * | warn | `failed`, `dropped`, `refused`, `evicted`, `expired`, `replaced`, `unreadable`, `unsent`, `seen` | `supervisor-stopped` and `thread-ended`, unless their reason is `shutdown`, `idle` or `closed` |
 * | | | `scope.anomaly-began` |
 * | | | `hub-lost`: another one is looked for |
 * | info | `restarted`, `restored`, `healed`, `swept` | `node-started`, `node-stopped`, `node-joined`, `node-left`, `health-changed`, `breaker-changed`, `member-changed`, `directory-watch-lost`, `cell-watch-lost`, `scope.anomaly-ended`, `scope.trend-changed` |
 * | none | all others: they are what goes on all the time | |
 */
export const severities: Severities = {
  crashed: 'error',
  lost: 'error',
  dead: 'error',
  failed: 'warn',
  dropped: 'warn',
  refused: 'warn',
  evicted: 'warn',
  expired: 'warn',
  replaced: 'warn',
  unreadable: 'warn',
  unsent: 'warn',
  seen: 'warn',
  'foundation.supervisor-stopped': 'warn',
  'foundation.thread-ended': 'warn',
  'foundation.hub-lost': 'warn',
  'scope.anomaly-began': 'warn',
  restarted: 'info',
  restored: 'info',
  healed: 'info',
  swept: 'info',
  'foundation.node-started': 'info',
  'foundation.node-stopped': 'info',
  'foundation.node-joined': 'info',
  'foundation.node-left': 'info',
  'foundation.health-changed': 'info',
  'foundation.breaker-changed': 'info',
  'foundation.member-changed': 'info',
  // They open again by themselves, with all there is.
  'foundation.directory-watch-lost': 'info',
  'foundation.cell-watch-lost': 'info',
  'scope.anomaly-ended': 'info',
  'scope.trend-changed': 'info',
}

/** Ends that were asked for. */
const quietReasons: ReadonlySet<unknown> = new Set(['shutdown', 'idle', 'closed'])
const ends: ReadonlySet<string> = new Set(['foundation.supervisor-stopped', 'foundation.thread-ended'])

/** @example severityOf(event, {}) // 'error' for foundation.actor-crashed */
export function severityOf({ name, metadata }: TelemetryEvent, given: Severities): Severity {
  const verb = name.slice(name.lastIndexOf('-') + 1)
  const own = find(given, name) ?? find(given, verb)
  if (own !== undefined) return own
  if (ends.has(name) && quietReasons.has(metadata.reason)) return 'none'
  return find(severities, name) ?? find(severities, verb) ?? 'none'
}

function find(table: Severities, key: string): Severity | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}
