/** Settings that are fine one by one and can't be together. */

import { conflictingSettings, type SettingOrigin } from '../errors/configuration-errors.ts'
import { show } from '../options.ts'
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
  const origin = (key: SettingKey): SettingOrigin => ({ key, value: show(settings[key]), source: sources[key] })
  const ofProfile: SettingOrigin = { key: 'profile', value: show(profile), source: profileReason }
  if (settings.overflow === 'block' && settings.waitersMax === 0) {
    const why = 'a full mailbox would let nobody wait; choose overflow "reject" or a waitersMax of 1 or more'
    throw conflictingSettings(origin('overflow'), origin('waitersMax'), why)
  }
  if (profile !== 'enterprise') return
  if (settings.inspectable === true) {
    const why = 'this profile lets nobody replace the state of an actor'
    throw conflictingSettings(ofProfile, origin('inspectable'), why)
  }
  if (settings.callTimeoutMs === Number.POSITIVE_INFINITY) {
    throw conflictingSettings(ofProfile, origin('callTimeoutMs'), 'in this profile every call has a deadline')
  }
}
