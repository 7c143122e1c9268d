/** Settings that are fine one by one and can't be together. */

import { conflictingSettings, type SettingOrigin } from '../errors/configuration-errors.ts'
import { show } from '../options.ts'
import { type ClusterKind, type ClusterSettingKey, clusterSettings, isSecret, keysOfKind } from './cluster-setting.ts'
import type { SettingKey, Settings } from './node-setting.ts'
import type { Profile } from './profile.ts'

/** Where the value of a setting came from. */
export type SettingSource = 'default' | 'profile' | 'file' | 'env' | 'code'

/** What was merged. */
export interface MergedSettings {
  readonly profile: Profile
  readonly profileReason: string
  readonly settings: Settings
  readonly sources: { readonly [K in SettingKey]: SettingSource }
}

/** Throws `foundation/conflicting-settings`, which names both keys, their values and where each came from. */
export function checkConflicts(merged: MergedSettings): void {
  const { settings, sources, profile, profileReason } = merged
  const origin = (key: SettingKey): SettingOrigin => ({
    key,
    value: isSecret(key) ? 'as given' : show(settings[key]),
    source: sources[key],
  })
  const ofProfile: SettingOrigin = { key: 'profile', value: show(profile), source: profileReason }
  if (settings.overflow === 'block' && settings.waitersMax === 0) {
    const why = 'a full mailbox would let nobody wait; choose overflow "reject" or a waitersMax of 1 or more'
    throw conflictingSettings(origin('overflow'), origin('waitersMax'), why)
  }
  checkCluster(settings, origin)
  if (profile !== 'enterprise') return
  if (settings.inspectable === true) {
    const why = 'this profile lets nobody replace the state of an actor'
    throw conflictingSettings(ofProfile, origin('inspectable'), why)
  }
  if (settings.callTimeoutMs === Number.POSITIVE_INFINITY) {
    throw conflictingSettings(ofProfile, origin('callTimeoutMs'), 'in this profile every call has a deadline')
  }
}

const clusterKeys = Object.keys(clusterSettings).filter((key) => key !== 'cluster') as readonly ClusterSettingKey[]
/** Of two of a group only one may be said. */
const credentialGroups = [
  ['cluster.credentials.user', 'cluster.credentials.password'],
  ['cluster.credentials.token'],
  ['cluster.credentials.nkey'],
  ['cluster.credentials.creds'],
] as const satisfies readonly (readonly ClusterSettingKey[])[]

function checkCluster(settings: Settings, origin: (key: SettingKey) => SettingOrigin): void {
  const said = clusterKeys.filter((key) => settings[key] !== undefined && !isOfProfile(origin(key).source))
  const kind = settings.cluster as ClusterKind | undefined
  if (kind !== undefined) {
    const known: readonly ClusterSettingKey[] = keysOfKind[kind]
    const wrong = said.find((key) => !known.includes(key))
    if (wrong !== undefined) {
      const takes = known.length === 0 ? 'nothing more' : known.map((key) => key.slice('cluster.'.length)).join(', ')
      const name = wrong.slice('cluster.'.length)
      const why = `a cluster of this kind takes ${takes}; ${name} is for cluster ${kindsOf(wrong).join(', ')}`
      throw conflictingSettings(origin('cluster'), origin(wrong), why)
    }
  }
  const [one, other] = credentialGroups.flatMap((group) => group.find((key) => said.includes(key)) ?? [])
  if (one !== undefined && other !== undefined) {
    throw conflictingSettings(origin(one), origin(other), 'a server is shown one kind of credentials')
  }
  const path = said.find((key) => key.startsWith('cluster.tls.'))
  if (path !== undefined && settings['cluster.tls'] === false) {
    throw conflictingSettings(origin('cluster.tls'), origin(path), 'without TLS nothing is read from there')
  }
}

/** Those that take a key. */
function kindsOf(key: ClusterSettingKey): readonly string[] {
  return Object.entries(keysOfKind).flatMap(([kind, keys]) =>
    (keys as readonly ClusterSettingKey[]).includes(key) ? [`"${kind}"`] : [],
  )
}

/** A profile speaks for every kind of cluster at once. */
function isOfProfile(source: string): boolean {
  return source === 'profile' || source === 'default'
}
