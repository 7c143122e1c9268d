/** What a check of readiness looks at and what it finds: the words between the report and its checks. */

import type { Baseline } from './baseline.ts'
import type { Configuration } from './configuration.ts'
import type { Environment } from './environment.ts'
import type { Profile } from './profile.ts'

/** An `error` keeps a system from being ready; a `warning` is a risk to take knowingly. */
export type Severity = 'error' | 'warning' | 'info'

export interface Finding {
  readonly severity: Severity
  readonly area: 'security' | 'capacity' | 'durability' | 'observability'
  /** Stable, such as `mailbox-memory`. */
  readonly code: string
  readonly sentence: string
  /** What to do, with the option's name. */
  readonly fix: string
}

/** What configuration and environment do not say. */
export interface ReadinessFacts {
  /** `name` of the engine the node is started with: `memory` keeps nothing. */
  readonly engine: string
  /** Whether a telemetry port is given. */
  readonly telemetry: boolean
  /** As measured now. @default none */
  readonly baseline?: Baseline
  /** One that was kept, to compare with. @default none */
  readonly baselineBefore?: Baseline
}

/** What the checks look at. */
export interface ReadinessWorld {
  readonly configuration: Configuration
  readonly environment: Environment
  readonly facts: ReadinessFacts
}

/** A check says nothing when all is well; its severity may depend on the profile. */
export type ReadinessCheck = (world: ReadinessWorld) => ReadinessFinding | undefined

export interface ReadinessFinding extends Omit<Finding, 'severity'> {
  readonly severity: Severity | { readonly [P in Profile]: Severity }
}
