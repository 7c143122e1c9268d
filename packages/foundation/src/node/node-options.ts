/** What a node is started with. */

import type { ActorDefinition } from '../actors/actor.ts'
import { type Overflow, overflows } from '../actors/mailbox.ts'
import { type CacheOptions, cacheSettings } from '../cache/cache-options.ts'
import { type Clock, systemClock } from '../clock.ts'
import { codecDefaults } from '../codec/codec.ts'
import type { Engine, EngineOpener } from '../engine/engine.ts'
import type { SessionOptions } from '../leases/session-options.ts'
import type { MembershipOptions } from '../membership/membership-options.ts'
import { checkOptions, type OptionRule, rule } from '../options.ts'
import type { Random } from '../random.ts'
import type { SecurityOptions } from '../security/system-keys.ts'
import { silentTelemetry, type Telemetry } from '../telemetry.ts'
import type { ThreadOptions } from '../threads/thread-options.ts'

export interface NodeOptions {
  /** Nodes of one system know each other. @default 'mabeam' */
  readonly system?: string
  /** Unique in its system. @default 'node-' and eight random characters */
  readonly name?: string
  /** This life of the node; higher than any before it. @default the time on the clock, or one more than the life before had */
  readonly epoch?: number
  /** @default systemClock */
  readonly clock?: Clock
  /** @default a stream with a seed of its own */
  readonly random?: Random
  /** @default silentTelemetry */
  readonly telemetry?: Telemetry
  /**
   * Carries messages between nodes: one that is open, which the node does not close, or what opens one, as
   * `nats({ servers })` does, which the node does. @default memoryEngine()
   */
  readonly engine?: Engine | EngineOpener
  /**
   * Inputs and replies pass the codec and the schemas between local actors too, so that what works here works between
   * nodes. Turn it off in production: a call costs about twice as much with it.
   * @default true
   */
  readonly codec?: boolean
  /**
   * Bytes of the longest message, also between local actors where they pass the codec; one that is longer is refused
   * with `foundation/payload-too-large`.
   * @default 1_048_576
   */
  readonly messageBytesMax?: number
  /** @default 30_000 */
  readonly callTimeoutMs?: number
  /** Messages waiting at one actor. @default 10_000 */
  readonly mailboxCapacity?: number
  /** What happens to the one too many. @default 'reject' */
  readonly overflow?: Overflow
  /** Calls that wait for room at one actor where `overflow` is `block`. @default 10_000 */
  readonly waitersMax?: number
  /** Actors alive. @default 1_000_000 */
  readonly actorsMax?: number
  /** Timers of one actor. @default 1_000 */
  readonly timersMax?: number
  /** Monitors one actor has of others, and links it has. @default 10_000 */
  readonly monitorsMax?: number
  /** How long an actor started by `spawn` may take to stop before it is killed. @default 5_000 */
  readonly shutdownMs?: number
  /** How long `init` may take before the start has failed with `foundation/start-timeout`. @default 30_000 */
  readonly startMs?: number
  /** What the threads of isolated actors may use. @default {} */
  readonly threads?: ThreadOptions
  /** What a cache is opened with unless it says otherwise. @default {} */
  readonly caches?: CacheOptions
  /** Whether `replaceState` may be used. @default as `codec`: in development */
  readonly inspectable?: boolean
  /** What other nodes may have started here: code is never sent, only its name and version. @default [] */
  readonly definitions?: readonly ActorDefinition[]
  /** What this node says of itself, and the pace at which nodes watch each other. @default {} */
  readonly membership?: MembershipOptions
  /** How long a node is trusted to hold its places without a word of it. @default {} */
  readonly sessions?: SessionOptions
  /**
   * Signs what this node says to others and takes from them only what is signed with a secret of the system: all its nodes have to
   * have it, or none. @default none
   */
  readonly security?: SecurityOptions
}

export const nodeDefaults = {
  system: 'mabeam',
  clock: systemClock,
  telemetry: silentTelemetry,
  codec: true,
  messageBytesMax: codecDefaults.bytesMax,
  callTimeoutMs: 30_000,
  mailboxCapacity: 10_000,
  overflow: 'reject',
  waitersMax: 10_000,
  actorsMax: 1_000_000,
  timersMax: 1_000,
  monitorsMax: 10_000,
  shutdownMs: 5_000,
  startMs: 30_000,
  threads: {},
  caches: {},
  definitions: [],
  membership: {},
  sessions: {},
} as const satisfies Omit<Required<NodeOptions>, 'name' | 'epoch' | 'random' | 'engine' | 'inspectable' | 'security'>

export type NodeSettings = Omit<Required<NodeOptions>, 'engine' | 'inspectable' | 'security'> &
  Pick<NodeOptions, 'inspectable' | 'security'>

/** They are words of the subjects that nodes are reached by. */
const word: OptionRule = {
  expected: 'up to 64 letters, digits, - and _',
  test: (value) => typeof value === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(value),
  optional: false,
}

const openEngine = rule.having('publish', 'subscribe', 'request', 'state', 'queue', 'blobs', 'pulse')
const engineRule: OptionRule = {
  ...openEngine,
  expected: 'an engine, or what opens one',
  test: (value) => typeof value === 'function' || openEngine.test(value),
}

/** The rule of each option. */
export const nodeRules = {
  system: rule.optional(word),
  name: rule.optional(word),
  epoch: rule.optional(rule.number(0)),
  clock: rule.optional(rule.having('nowMs', 'monotonicMs', 'setTimer')),
  random: rule.optional(rule.having('next', 'fork')),
  telemetry: rule.optional(rule.having('emit')),
  engine: rule.optional(engineRule),
  codec: rule.optional(rule.boolean()),
  messageBytesMax: rule.optional(rule.int(1)),
  callTimeoutMs: rule.optional(rule.number(1)),
  mailboxCapacity: rule.optional(rule.int(1)),
  overflow: rule.optional(rule.oneOf(overflows)),
  waitersMax: rule.optional(rule.int(0)),
  actorsMax: rule.optional(rule.int(1)),
  timersMax: rule.optional(rule.int(1)),
  monitorsMax: rule.optional(rule.int(1)),
  shutdownMs: rule.optional(rule.number(0)),
  startMs: rule.optional(rule.number(1)),
  threads: rule.optional(rule.object()),
  caches: rule.optional(rule.object()),
  inspectable: rule.optional(rule.boolean()),
  definitions: rule.optional(rule.array()),
  membership: rule.optional(rule.object()),
  sessions: rule.optional(rule.object()),
  // Checked where its keys are made, which shows no secret.
  security: rule.optional(rule.any()),
} as const satisfies { readonly [option in keyof Required<NodeOptions>]: OptionRule }

/** Throws `foundation/invalid-option` and `foundation/unknown-name`. */
export function checkNodeOptions(options: NodeOptions): void {
  checkOptions('startNode', options, nodeRules)
  if (options.caches !== undefined) cacheSettings(options.caches)
}
