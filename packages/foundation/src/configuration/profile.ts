/** What a node is for: a word that stands for a few options, and why it was chosen. */

import { rule } from '../options.ts'
import { isKubernetes, type Variables } from './environment.ts'
import type { Settings } from './node-setting.ts'

/**
 * `development` sends everything through the codec, so that what works here works between nodes, and lets tests replace
 * states. `production` does neither. `enterprise` does neither, waits less long and holds fewer who wait, forbids
 * replacing states and calls without a deadline, and is ready only with telemetry and an engine that keeps what it is given.
 */
export type Profile = 'development' | 'production' | 'enterprise'

export const profileRule = rule.oneOf(['development', 'production', 'enterprise'])

/** What each profile says; the options it does not name are as without a profile. */
export const profileSettings = {
  development: { codec: true, inspectable: true },
  production: { codec: false, inspectable: false },
  enterprise: {
    codec: false,
    inspectable: false,
    callTimeoutMs: 10_000,
    mailboxCapacity: 5_000,
    waitersMax: 1_000,
    monitorsMax: 1_000,
  },
} as const satisfies { readonly [P in Profile]: Settings }

/** What was said about the profile, each checked. */
export interface ProfileHints {
  readonly code: Profile | undefined
  readonly variable: Profile | undefined
  readonly file: { readonly path: string; readonly profile: Profile } | undefined
  readonly variables: Variables
}

export interface ProfileChoice {
  readonly profile: Profile
  /** For people: what decided. */
  readonly reason: string
}

/** Code, then `MABEAM_PROFILE`, then the file; else production where the surroundings say so; else development. */
export function chooseProfile({ code, variable, file, variables }: ProfileHints): ProfileChoice {
  if (code !== undefined) return { profile: code, reason: 'the code names it' }
  if (variable !== undefined) return { profile: variable, reason: 'MABEAM_PROFILE names it' }
  if (file !== undefined) return { profile: file.profile, reason: `${file.path} names it` }
  if (isKubernetes(variables))
    return { profile: 'production', reason: 'nothing names one, and this is a pod of Kubernetes' }
  if (variables.NODE_ENV === 'production') {
    return { profile: 'production', reason: 'nothing names one, and NODE_ENV is production' }
  }
  return { profile: 'development', reason: 'nothing names one, and nothing says that this is production' }
}
