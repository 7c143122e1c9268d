/** How well something is, and why: words shared by the health of a node, of its checks and of the system. */

/** `degraded` works and needs somebody to look; `unhealthy` can't be relied on. */
export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy'

export interface HealthReason {
  readonly severity: Exclude<HealthStatus, 'healthy'>
  readonly area:
    | 'event-loop'
    | 'memory'
    | 'mailbox'
    | 'actors'
    | 'restarts'
    | 'messages'
    | 'check'
    | 'cluster'
    | 'measurement'
  /** What was measured, and against what. */
  readonly sentence: string
  /** What to do; names the option to change where there is one. */
  readonly recommendation: string
}

/** The worst of all reasons; healthy without any. */
export function statusOf(reasons: readonly HealthReason[]): HealthStatus {
  if (reasons.some((one) => one.severity === 'unhealthy')) return 'unhealthy'
  return reasons.length > 0 ? 'degraded' : 'healthy'
}
