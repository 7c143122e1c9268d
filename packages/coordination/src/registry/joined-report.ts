/** Several agents as if they were one: how an ecosystem shows among agents. Pure. */

import type { AgentHealth } from './agent-health.ts'
import type { AgentStatus } from './agent-life.ts'
import type { AgentReport } from './agent-report.ts'
import { sumOf } from './registry-resources.ts'

/** From what counts most: an ecosystem runs when all of its roles do. */
const statuses: readonly AgentStatus[] = [
  'failed',
  'stopping',
  'starting',
  'restarting',
  'stopped',
  'registered',
  'running',
]
const healths: readonly AgentHealth[] = ['unhealthy', 'degraded', 'unknown', 'healthy']

/** Requires: at least one report, all of one node. */
export function joinedReport(id: string, reports: readonly AgentReport[]): AgentReport {
  const sum = (of: (one: AgentReport) => number) => reports.reduce((total, one) => total + of(one), 0)
  const [first] = reports as readonly [AgentReport]
  const status = statuses.find((one) => reports.some((report) => report.status === one)) ?? first.status
  return {
    id,
    type: 'ecosystem',
    capabilities: [...new Set(reports.flatMap(({ capabilities }) => capabilities))],
    resources: sumOf(reports.map(({ resources }) => resources)),
    placement: 'local',
    registeredOn: first.registeredOn,
    ...(status === 'running' && { node: first.registeredOn }),
    ecosystem: id,
    status,
    health: healths.find((one) => reports.some((report) => report.health === one)) ?? first.health,
    sinceMs: Math.max(...reports.map(({ sinceMs }) => sinceMs)),
    starts: Math.max(...reports.map(({ starts }) => starts)),
    restarts: sum(({ restarts }) => restarts),
    ...(status === 'running' && { mailboxSize: sum(({ mailboxSize = 0 }) => mailboxSize) }),
  }
}
