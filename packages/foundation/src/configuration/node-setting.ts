/** The options of a program that are plain data, flat under dotted keys: what each must be, and what it is by default. */

import { type CacheOptions, cacheRules, cacheSettings } from '../cache/cache-options.ts'
import { type NodeOptions, nodeDefaults, nodeRules } from '../node/node-options.ts'
import { invalidOption, type OptionRule, unknownName } from '../options.ts'
import { type SecurityOptions, securityRules } from '../security/system-keys.ts'
import { type ThreadOptions, threadRules, threadSettings } from '../threads/thread-options.ts'
import {
  type ClusterKind,
  type ClusterSettingKey,
  type ClusterSettings,
  clusterSettings,
  isSecret,
  type Setting,
} from './cluster-setting.ts'

/** The options of a node that can stand in a file. */
export type PlainNodeOptions = Pick<
  NodeOptions,
  | 'system'
  | 'name'
  | 'codec'
  | 'messageBytesMax'
  | 'callTimeoutMs'
  | 'mailboxCapacity'
  | 'overflow'
  | 'waitersMax'
  | 'actorsMax'
  | 'timersMax'
  | 'monitorsMax'
  | 'shutdownMs'
  | 'startMs'
  | 'inspectable'
  | 'threads'
  | 'caches'
  | 'security'
>

/** What a program says of itself as plain data: the options of its node, and by what it meets others. */
export interface PlainOptions extends PlainNodeOptions {
  readonly cluster?: ClusterKind | ClusterSettings
}

/** `mailboxCapacity`, `threads.heapBytesMax`, `cluster.servers`. */
export type SettingKey = NodeSettingKey | ClusterSettingKey

type NodeSettingKey =
  | Exclude<keyof PlainNodeOptions, 'threads' | 'caches' | 'security'>
  | `threads.${keyof ThreadOptions}`
  | `caches.${keyof CacheOptions}`
  | `security.${keyof SecurityOptions}`

/** Values by key; what is missing was not said. */
export type Settings = { readonly [K in SettingKey]?: unknown }

const text = (one: OptionRule): Setting => ({ kind: 'text', rule: one })
const number = (one: OptionRule): Setting => ({ kind: 'number', rule: one })
const boolean = (one: OptionRule): Setting => ({ kind: 'boolean', rule: one })
const settings = {
  system: text(nodeRules.system),
  name: text(nodeRules.name),
  codec: boolean(nodeRules.codec),
  messageBytesMax: number(nodeRules.messageBytesMax),
  callTimeoutMs: number(nodeRules.callTimeoutMs),
  mailboxCapacity: number(nodeRules.mailboxCapacity),
  overflow: text(nodeRules.overflow),
  waitersMax: number(nodeRules.waitersMax),
  actorsMax: number(nodeRules.actorsMax),
  timersMax: number(nodeRules.timersMax),
  monitorsMax: number(nodeRules.monitorsMax),
  shutdownMs: number(nodeRules.shutdownMs),
  startMs: number(nodeRules.startMs),
  inspectable: boolean(nodeRules.inspectable),
  'threads.threadsMax': number(threadRules.threadsMax),
  'threads.ownThreadsMax': number(threadRules.ownThreadsMax),
  'threads.actorsPerThread': number(threadRules.actorsPerThread),
  'threads.threadIdleMs': number(threadRules.threadIdleMs),
  'threads.blockedMsMax': number(threadRules.blockedMsMax),
  'threads.heapBytesMax': number(threadRules.heapBytesMax),
  'threads.externalBytesMax': number(threadRules.externalBytesMax),
  'threads.outgoingMax': number(threadRules.outgoingMax),
  'caches.tiers': text(cacheRules.tiers),
  'caches.ttlMs': number(cacheRules.ttlMs),
  'caches.entriesMax': number(cacheRules.entriesMax),
  'caches.computeWaitMs': number(cacheRules.computeWaitMs),
  'security.secret': { kind: 'list', rule: securityRules.secret },
  'security.ageMaxMs': number(securityRules.ageMaxMs),
  ...clusterSettings,
} as const satisfies { readonly [K in SettingKey]: Setting }

/** All keys, in the order of the docs. */
export const settingKeys = Object.keys(settings) as readonly SettingKey[]

/** The options where nobody says otherwise. `name` is drawn and `threads.threadsMax` counted by the node itself. */
export function settingDefaults(): Settings {
  // The number of threads belongs to the machine, so the configuration leaves it open.
  const { threadsMax: _, ...threads } = threadSettings({})
  const under = (section: string, values: object) =>
    Object.entries(values).map(([key, one]) => [`${section}.${key}`, one])
  const all: { readonly [key: string]: unknown } = {
    ...nodeDefaults,
    inspectable: nodeDefaults.codec,
    ...Object.fromEntries([...under('threads', threads), ...under('caches', cacheSettings({}))]),
  }
  return Object.fromEntries(settingKeys.filter((key) => all[key] !== undefined).map((key) => [key, all[key]]))
}

/** A text of the environment as the value it stands for; one that stands for none stays a text, which its rule refuses. */
export function settingFromText(key: SettingKey, text: string): unknown {
  const { kind } = settings[key]
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  if (kind === 'list') return text.split(',').map((one) => one.trim())
  if (kind === 'number' && /^[+-]?(\d+\.?\d*(e[+-]?\d+)?|Infinity)$/i.test(text)) return Number(text)
  return text
}

/** Throws `foundation/invalid-option`, which names the source, and the key as it stands there. */
export function checkSetting(
  key: SettingKey,
  value: unknown,
  at: { readonly source: string; readonly key?: string },
): void {
  const { rule: one } = settings[key]
  if (one.test(value)) return
  throw invalidOption(at.source, at.key ?? key, one.expected, isSecret(key) ? notShown : value)
}

/** What an error says it got where that is nobody's business. */
const notShown = 'something that is not shown'

/**
 * Nested options as flat settings, each checked. JSON has no Infinity, so the text "Infinity" stands for it; the kind of a cluster
 * alone stands for the whole option.
 *
 * Throws `foundation/invalid-option`, and `foundation/unknown-name` for a key that no option has.
 */
export function flatSettings(source: string, options: object): Settings {
  const flat: { [K in SettingKey]?: unknown } = {}
  flatten({ source, flat }, '', options)
  return flat
}

/** Flat settings as the options of a node. Requires: checked settings. */
export function nestedSettings(flat: Settings): PlainNodeOptions {
  const { cluster: _, ...node } = nested(flat)
  return { ...node, threads: node.threads ?? {}, caches: node.caches ?? {} } as PlainNodeOptions
}

/** By what nodes meet; undefined where nothing was said. Requires: checked settings. */
export function nestedCluster(flat: Settings): ClusterSettings | undefined {
  return nested(flat).cluster as ClusterSettings | undefined
}

interface Flattening {
  readonly source: string
  readonly flat: { [K in SettingKey]?: unknown }
}

function flatten(into: Flattening, prefix: string, options: object): void {
  const { source, flat } = into
  for (const [inner, value] of Object.entries(options)) {
    const key = prefix === 'cluster.' && inner === 'kind' ? 'cluster' : prefix + inner
    const isSection = sections.includes(key) && inner !== 'kind'
    const isSetting = (settingKeys as readonly string[]).includes(key)
    if (!isSection && !isSetting) throw unknownName(source, 'option', key, keysUnder(prefix))
    if (value === undefined) continue
    if (isSection && typeof value === 'object' && value !== null && !Array.isArray(value)) {
      flatten(into, `${key}.`, value)
    } else if (isSetting) flat[key as SettingKey] = taken(source, key as SettingKey, value)
    else throw invalidOption(source, key, 'an object', isSecret(key) ? notShown : value)
  }
}

/** Each dotted key as an object in an object; the value of a section itself is its `kind`, or stands where nothing else is said. */
function nested(flat: Settings): { readonly [key: string]: unknown } {
  const top: Tree = {}
  for (const key of settingKeys) {
    const value = flat[key]
    if (value === undefined) continue
    const words = key === 'cluster' ? ['cluster', 'kind'] : key.split('.')
    let at = top
    for (const word of words.slice(0, -1)) {
      if (typeof at[word] !== 'object') at[word] = {}
      at = at[word] as Tree
    }
    at[words.at(-1) as string] = value
  }
  return top
}

interface Tree {
  [key: string]: unknown
}

/** Keys that others begin with. */
const sections = [
  ...new Set(
    settingKeys.flatMap((key) =>
      key
        .split('.')
        .slice(0, -1)
        .map((_, i, all) => all.slice(0, i + 1).join('.')),
    ),
  ),
]

/** What may stand in a section, in the order of the docs. */
function keysUnder(prefix: string): readonly string[] {
  const inside = settingKeys.filter((key) => key.startsWith(prefix))
  const words = inside.map((key) => prefix + (key.slice(prefix.length).split('.')[0] as string))
  return [...new Set(prefix === 'cluster.' ? ['cluster.kind', ...words] : words)]
}

function taken(source: string, key: SettingKey, given: unknown): unknown {
  const value = given === 'Infinity' ? settingFromText(key, given) : given
  checkSetting(key, value, { source })
  return value
}
