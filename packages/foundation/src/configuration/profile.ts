/** What a node is for: a word that stands for a few options, and why it was chosen. */

import { rule } from '../options.ts'
import { type ClusterKind, productionKinds } from './cluster-setting.ts'
import { isKubernetes, type Variables } from './environment.ts'
import type { Settings } from './node-setting.ts'

/**
 * `development` sends everything through the codec, so that what works here works between nodes, lets tests replace states, and
 * meets the other processes of its project on this machine. `production` does none of that: by what its nodes meet has to be said.
 * `enterprise` is as production, waits less long and holds fewer who wait, forbids replacing states and calls without a deadline,
 * meets on servers with TLS and credentials only, and is ready only with telemetry and an engine that keeps what it is given.
 *
 * | | messages | storage | caches |
 * |---|---|---|---|
 * | `development` | processes of this machine | a log on this disk (`relaxed`) | this process and a shared tier |
 * | `production` | what `cluster` says | `strict`: on the disks of most servers before it is acknowledged | both tiers |
 * | `enterprise` | NATS servers, with TLS and credentials | `strict`, three copies | both tiers; a value is good for a minute |
 */
export type Profile = 'development' | 'production' | 'enterprise'

export const profileRule = rule.oneOf(['development', 'production', 'enterprise'])

/** What each profile says; the options it does not name are as without a profile. */
export const profileSettings = {
  development: {
    codec: true,
    inspectable: true,
    cluster: 'local',
    'cluster.durability': 'relaxed',
  },
  production: { codec: false, inspectable: false, 'cluster.durability': 'strict' },
  enterprise: {
    codec: false,
    inspectable: false,
    callTimeoutMs: 10_000,
    mailboxCapacity: 5_000,
    waitersMax: 1_000,
    monitorsMax: 1_000,
    'cluster.durability': 'strict',
    'cluster.replicas': 3,
    'caches.ttlMs': 60_000,
  },
} as const satisfies { readonly [P in Profile]: Settings }

/** What was said about the profile, each checked. */
export interface ProfileHints {
  readonly code: Profile | undefined
  readonly variable: Profile | undefined
  readonly file: { readonly path: string; readonly profile: Profile } | undefined
  /** The kind of cluster that was named, and by which source. */
  readonly cluster: { readonly source: string; readonly kind: ClusterKind } | undefined
  readonly variables: Variables
}

export interface ProfileChoice {
  readonly profile: Profile
  /** For people: what decided. */
  readonly reason: string
}

/** Code, then `MABEAM_PROFILE`, then the file; else production where the cluster or the surroundings say so; else development. */
export function chooseProfile({ code, variable, file, cluster, variables }: ProfileHints): ProfileChoice {
  if (code !== undefined) return { profile: code, reason: 'the code names it' }
  if (variable !== undefined) return { profile: variable, reason: 'MABEAM_PROFILE names it' }
  if (file !== undefined) return { profile: file.profile, reason: `${file.path} names it` }
  if (cluster !== undefined && productionKinds.includes(cluster.kind)) {
    return { profile: 'production', reason: `nothing names one, and cluster is ${cluster.kind} (${cluster.source})` }
  }
  if (isKubernetes(variables))
    return { profile: 'production', reason: 'nothing names one, and this is a pod of Kubernetes' }
  if (variables.NODE_ENV === 'production') {
    return { profile: 'production', reason: 'nothing names one, and NODE_ENV is production' }
  }
  return { profile: 'development', reason: 'nothing names one, and nothing says that this is production' }
}
