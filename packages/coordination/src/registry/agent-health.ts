/** How well an agent is, judged from what its node knows of it. Pure. */

import type { AgentStatus } from './agent-life.ts'

/** `unknown`: it runs on another node. */
export type AgentHealth = 'healthy' | 'degraded' | 'unhealthy' | 'unknown'

/** What a judgement stands on. */
export interface AgentMeasurements {
  readonly status: AgentStatus
  /** Messages that wait; undefined where that can't be seen. */
  readonly mailboxSize: number | undefined
  readonly mailboxCapacity: number
  /** For how long the message under way has been waited for; undefined when there is none. */
  readonly handlerMs: number | undefined
  /** Since it was started, or started again. */
  readonly runningMs: number
  readonly restarts: number
}

const mailboxDegradedShare = 0.5
const mailboxUnhealthyShare = 0.9
const handlerDegradedMs = 30_000
/** How long after a restart it is not taken for healthy. */
const restartedMs = 5_000

/**
 * `unhealthy`: failed, or its mailbox is nine tenths full. `degraded`: on its way, restarted in the last 5 s, half a mailbox, or a
 * message that takes longer than 30 s. What was stopped or never started is `healthy`: nothing is wrong with it.
 */
export function agentHealth(measured: AgentMeasurements): AgentHealth {
  const { status, mailboxSize, mailboxCapacity, handlerMs = 0, runningMs, restarts } = measured
  if (status === 'failed') return 'unhealthy'
  if (status === 'registered' || status === 'stopped' || status === 'stopping') return 'healthy'
  if (status !== 'running') return 'degraded'
  if (mailboxSize === undefined) return 'unknown'
  const share = mailboxSize / mailboxCapacity
  if (share >= mailboxUnhealthyShare) return 'unhealthy'
  const isTired = restarts > 0 && runningMs < restartedMs
  return isTired || share >= mailboxDegradedShare || handlerMs > handlerDegradedMs ? 'degraded' : 'healthy'
}
