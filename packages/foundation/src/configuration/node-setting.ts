/** The options of a node that are plain data, flat under dotted keys: what each must be, and what it is by default. */

import { type NodeOptions, nodeDefaults, nodeRules } from '../node/node-options.ts'
import { invalidOption, type OptionRule, unknownName } from '../options.ts'
import { type ThreadOptions, threadRules, threadSettings } from '../threads/thread-options.ts'

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
>

/** `mailboxCapacity`, `threads.heapBytesMax`. */
export type SettingKey = Exclude<keyof PlainNodeOptions, 'threads'> | `threads.${keyof ThreadOptions}`

/** Values by key; what is missing was not said. */
export type Settings = { readonly [K in SettingKey]?: unknown }

interface Setting {
  /** How a text of the environment is read. */
  readonly kind: 'text' | 'number' | 'boolean'
  readonly rule: OptionRule
}

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
} as const satisfies { readonly [K in SettingKey]: Setting }

/** All keys, in the order of the docs. */
export const settingKeys = Object.keys(settings) as readonly SettingKey[]

/** The options of a node where nobody says otherwise. `name` is drawn and `threads.threadsMax` counted by the node itself. */
export function settingDefaults(): Settings {
  // The number of threads belongs to the machine, so the configuration leaves it open.
  const { threadsMax: _, ...threads } = threadSettings({})
  const flat = Object.entries(threads).map(([key, value]) => [`threads.${key}`, value])
  const all: { readonly [key: string]: unknown } = {
    ...nodeDefaults,
    inspectable: nodeDefaults.codec,
    ...Object.fromEntries(flat),
  }
  return Object.fromEntries(settingKeys.filter((key) => all[key] !== undefined).map((key) => [key, all[key]]))
}

/** A text of the environment as the value it stands for; one that stands for none stays a text, which its rule refuses. */
export function settingFromText(key: SettingKey, text: string): unknown {
  const { kind } = settings[key]
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
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
  if (!one.test(value)) throw invalidOption(at.source, at.key ?? key, one.expected, value)
}

/**
 * Nested options as flat settings, each checked. JSON has no Infinity, so the text "Infinity" stands for it.
 *
 * Throws `foundation/invalid-option`, and `foundation/unknown-name` for a key that no option has.
 */
export function flatSettings(source: string, options: object): Settings {
  const flat: { [K in SettingKey]?: unknown } = {}
  const known = [...new Set(settingKeys.map((key) => key.split('.')[0] as string))]
  for (const [key, value] of Object.entries(options)) {
    if (!known.includes(key)) throw unknownName(source, 'option', key, known)
    if (value === undefined) continue
    if (key !== 'threads') {
      flat[key as SettingKey] = taken(source, key as SettingKey, value)
      continue
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalidOption(source, key, 'an object', value)
    }
    for (const [inner, one] of Object.entries(value)) {
      const innerKey = `threads.${inner}` as SettingKey
      if (!settingKeys.includes(innerKey)) throw unknownName(source, 'option', innerKey, threadKeys)
      if (one !== undefined) flat[innerKey] = taken(source, innerKey, one)
    }
  }
  return flat
}

/** Flat settings as the options of a node. Requires: checked settings. */
export function nestedSettings(flat: Settings): PlainNodeOptions {
  const top: { [key: string]: unknown } = {}
  const threads: { [key: string]: unknown } = {}
  for (const key of settingKeys) {
    const value = flat[key]
    if (value === undefined) continue
    if (key.startsWith('threads.')) threads[key.slice('threads.'.length)] = value
    else top[key] = value
  }
  return { ...top, threads }
}

const threadKeys = settingKeys.filter((key) => key.startsWith('threads.'))

function taken(source: string, key: SettingKey, given: unknown): unknown {
  const value = given === 'Infinity' ? settingFromText(key, given) : given
  checkSetting(key, value, { source })
  return value
}
