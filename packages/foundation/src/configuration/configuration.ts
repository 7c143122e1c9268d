/** The options of a program, merged from what is usual, its profile, a file, the environment and the code. */

import { checkOptions, rule } from '../options.ts'
import type { ClusterKind, ClusterSettings } from './cluster-setting.ts'
import { readConfigurationFile } from './configuration-file.ts'
import type { Variables } from './environment.ts'
import {
  flatSettings,
  nestedCluster,
  nestedSettings,
  type PlainNodeOptions,
  type PlainOptions,
  type SettingKey,
  type Settings,
  settingDefaults,
  settingKeys,
} from './node-setting.ts'
import { chooseProfile, type Profile, profileRule, profileSettings } from './profile.ts'
import { checkConflicts, type SettingSource } from './setting-conflict.ts'
import { settingsOfVariables } from './setting-variables.ts'

export interface ConfigurationOptions {
  /**
   * @default MABEAM_PROFILE, else the file, else production where the cluster is `kubernetes`, `consul` or `dns`, in a pod of
   * Kubernetes or with NODE_ENV=production, else development
   */
  readonly profile?: Profile
  /** A file that must be there; `false` reads none. @default mabeam.config.json of the directory, if there is one */
  readonly file?: string | false
  /** Where a file is looked for. @default process.cwd() */
  readonly directory?: string
  /** @default process.env */
  readonly env?: Variables
  /** What the program itself says; it wins. @default {} */
  readonly code?: PlainOptions
}

/** Plain data but for `Infinity`. */
export interface Configuration {
  readonly profile: Profile
  /** Why it is this profile, for people. */
  readonly profileReason: string
  /** The file that was read, if any. */
  readonly file?: string
  /** For `startNode`. `name` and `threads.threadsMax` are missing unless somebody said them: the node finds its own. */
  readonly values: PlainNodeOptions
  /** By what nodes meet, for the composition root; missing where nobody said it. */
  readonly cluster?: ClusterSettings
  /** Where each value came from, by dotted key: `threads.heapBytesMax`. */
  readonly sources: { readonly [K in SettingKey]: SettingSource }
}

/**
 * The configuration of a node: defaults < profile < file < env < code, key by key, also inside `threads`.
 *
 * Rejects, before anything is started, with one sentence that names source, key, expectation and what was got:
 * `foundation/invalid-option`, `foundation/unknown-name` (with "did you mean"), `foundation/unreadable-configuration`,
 * `foundation/malformed-configuration` (line and column), `foundation/conflicting-settings`.
 *
 * @example const { values } = await loadConfiguration(); await using node = await startNode(values)
 */
export async function loadConfiguration(options: ConfigurationOptions = {}): Promise<Configuration> {
  checkOptions('loadConfiguration', options, {
    profile: rule.optional(profileRule),
    file: rule.optional(fileRule),
    directory: rule.optional(rule.string()),
    env: rule.optional(rule.object()),
    code: rule.optional(rule.object()),
  })
  const { env = process.env, directory = process.cwd(), file: named } = options
  const file = named === false ? undefined : await readConfigurationFile(named, directory)
  const { profile: variable, ...ofVariables } = settingsOfVariables(env)
  const said: readonly SettingLayer[] = [
    ['file', file?.settings ?? {}],
    ['env', ofVariables],
    ['code', flatSettings('code', options.code ?? {})],
  ]
  const cluster = said.findLast(([, settings]) => settings.cluster !== undefined)
  const { profile, reason: profileReason } = chooseProfile({
    code: options.profile,
    variable,
    file: file?.profile === undefined ? undefined : { path: file.path, profile: file.profile },
    cluster: cluster && { source: cluster[0], kind: cluster[1].cluster as ClusterKind },
    variables: env,
  })
  const { settings, sources } = mergeSettings([
    ['default', settingDefaults()],
    ['profile', profileSettings[profile]],
    ...withoutReplacedClusters(said),
  ])
  checkConflicts({ profile, profileReason, settings, sources })
  const nodesMeet = nestedCluster(settings)
  return {
    profile,
    profileReason,
    ...(file && { file: file.path }),
    values: nestedSettings(settings),
    ...(nodesMeet && { cluster: nodesMeet }),
    sources,
  }
}

/** Settings of one source. */
export type SettingLayer = readonly [SettingSource, Settings]

/** The last layer that says something about a key has it. */
export type MergeSettings = (layers: readonly SettingLayer[]) => {
  readonly settings: Settings
  readonly sources: { readonly [K in SettingKey]: SettingSource }
}

export const mergeSettings: MergeSettings = (layers) => {
  const settings: { [K in SettingKey]?: unknown } = {}
  const sources = Object.fromEntries(settingKeys.map((key) => [key, 'default'])) as { [K in SettingKey]: SettingSource }
  for (const [source, layer] of layers) {
    for (const key of settingKeys) {
      if (layer[key] === undefined) continue
      settings[key] = layer[key]
      sources[key] = source
    }
  }
  return { settings, sources }
}

/**
 * A source that names another kind of cluster than one before it begins anew: what that one said of its cluster was not meant for
 * this one.
 */
export function withoutReplacedClusters(layers: readonly SettingLayer[]): readonly SettingLayer[] {
  const kind = layers.findLast(([, settings]) => settings.cluster !== undefined)?.[1].cluster
  return layers.map(([source, settings]): SettingLayer => {
    if (settings.cluster === undefined || settings.cluster === kind) return [source, settings]
    return [source, Object.fromEntries(Object.entries(settings).filter(([key]) => !/^cluster(\.|$)/.test(key)))]
  })
}

const fileRule = {
  expected: 'a path or false',
  test: (value: unknown) => value === false || (typeof value === 'string' && value.length > 0),
  optional: false,
}
