/** What the threads of a node may use. */

import { availableParallelism } from 'node:os'
import { checkOptions, type OptionRule, rule } from '../options.ts'

export interface ThreadOptions {
  /** Threads that actors share. @default one less than the cores, at least 1 */
  readonly threadsMax?: number
  /** Threads with one actor each, besides those that are shared. @default 16 */
  readonly ownThreadsMax?: number
  /** Actors in one shared thread. @default 1_000 */
  readonly actorsPerThread?: number
  /** A shared thread without actors ends after it. @default 10_000 */
  readonly threadIdleMs?: number
  /** A thread whose event loop stands still for longer is ended; `Infinity` for never. @default 5_000 */
  readonly blockedMsMax?: number
  /**
   * What the actors of one thread may keep on its JavaScript heap. A thread that computes without a break is ended when
   * it uses four times that, garbage included.
   * @default 268_435_456
   */
  readonly heapBytesMax?: number
  /** Memory outside the heap (array buffers) of one thread. It is watched, not limited. @default 536_870_912 */
  readonly externalBytesMax?: number
  /** Calls, casts and monitors of one thread that the node has not taken yet. @default 10_000 */
  readonly outgoingMax?: number
}

export type ThreadSettings = Required<ThreadOptions>

const threadDefaults = {
  ownThreadsMax: 16,
  actorsPerThread: 1_000,
  threadIdleMs: 10_000,
  blockedMsMax: 5_000,
  heapBytesMax: 268_435_456,
  externalBytesMax: 536_870_912,
  outgoingMax: 10_000,
} as const satisfies Omit<ThreadSettings, 'threadsMax'>

/** The rule of each option. */
export const threadRules = {
  threadsMax: rule.optional(rule.int(1, 1_024)),
  ownThreadsMax: rule.optional(rule.int(0, 1_024)),
  actorsPerThread: rule.optional(rule.int(1)),
  threadIdleMs: rule.optional(rule.number(0)),
  blockedMsMax: rule.optional(rule.number(10)),
  heapBytesMax: rule.optional(rule.int(16 * 2 ** 20)),
  externalBytesMax: rule.optional(rule.int(2 ** 20)),
  outgoingMax: rule.optional(rule.int(1)),
} as const satisfies { readonly [option in keyof ThreadSettings]: OptionRule }

/** Throws `foundation/invalid-option`. */
export function threadSettings(options: ThreadOptions): ThreadSettings {
  checkOptions('startNode: threads', options, threadRules)
  return { ...threadDefaults, threadsMax: Math.max(1, availableParallelism() - 1), ...options }
}
