/** Whether a configuration is fit for where it runs: a list of findings, each with what to do about it. Pure. */

import { type Baseline, compareBaselines } from './baseline.ts'
import type { Configuration } from './configuration.ts'
import type { Environment } from './environment.ts'
import type { Profile } from './profile.ts'
import { readinessChecks } from './readiness-check.ts'
import type { Finding, ReadinessFacts, ReadinessFinding, Severity } from './readiness-finding.ts'

export interface Readiness {
  /** No finding is an error. */
  readonly ready: boolean
  /** Errors first. */
  readonly findings: readonly Finding[]
  /** As given, to be kept with the report. */
  readonly baseline: Baseline | null
}

/**
 * Checks a configuration for a start in earnest: security, capacity, durability, observability. It judges what it is given
 * and measures nothing.
 *
 * @example const { ready, findings } = readiness(await loadConfiguration(), detectEnvironment(), { engine: 'memory', telemetry: false })
 */
export function readiness(configuration: Configuration, environment: Environment, facts: ReadinessFacts): Readiness {
  const world = { configuration, environment, facts }
  const found = readinessChecks.flatMap((check) => check(world) ?? []).concat(slower(facts))
  const findings = found
    .map((one): Finding => ({ ...one, severity: severityIn(configuration.profile, one.severity) }))
    .sort((a, b) => ranks[a.severity] - ranks[b.severity])
  return { ready: findings.every((one) => one.severity !== 'error'), findings, baseline: facts.baseline ?? null }
}

const ranks = { error: 0, warning: 1, info: 2 } as const satisfies { readonly [S in Severity]: number }

function severityIn(profile: Profile, severity: ReadinessFinding['severity']): Severity {
  return typeof severity === 'string' ? severity : severity[profile]
}

function slower({ baseline, baselineBefore }: ReadinessFacts): ReadinessFinding[] {
  if (baseline === undefined || baselineBefore === undefined) return []
  return compareBaselines(baseline, baselineBefore).map(({ figure, share, sentence }) => ({
    severity: 'warning',
    area: 'capacity',
    code: 'slower-than-before',
    sentence,
    fix: `find out what takes ${figure} to ${Math.round(share * 100)} % before more load comes; on a shared machine measure again first`,
  }))
}
