/** What a replica host is told when it is opened. */

import { checkOptions, definedOptions, invalidOption, type Node, rule } from '@mabeam/foundation'
import type { SuspicionOptions } from '../suspicion.ts'
import type { OpenMind } from './mind.ts'

/** What a host needs of its node. */
export type HostNode = Pick<
  Node,
  'system' | 'name' | 'epoch' | 'clock' | 'random' | 'telemetry' | 'engine' | 'channels' | 'named' | 'holderOf'
>

export interface ReplicaHostOptions {
  /**
   * How votes of agreements that begin here are authenticated. `auto`: `kernel` where all members are on this node, else `sig`. An
   * agreement that another node begins is as that node says, but `mac` needs `macKey`, and `kernel` never leaves a node.
   * @default 'auto'
   */
  readonly mode?: 'auto' | 'kernel' | 'mac' | 'sig'
  /** Shared by all nodes, 32 bytes or more; for `mac`. @default none */
  readonly macKey?: Uint8Array
  /** Whether votes of all members decide at once. @default true */
  readonly fastPath?: boolean
  /** How long the first view of an agreement has, where its ask has time enough for ten; each further one twice as long. @default 500 */
  readonly viewMs?: number
  /** Where that ends. @default 5000 */
  readonly viewMsMax?: number
  /** What an agreement is given of the time of an ask, after the agents' own; at most half of it. @default 1000 */
  readonly agreementMs?: number
  /** How long after the time of an ask its agreement may still be closed by its own decision. @default 2000 */
  readonly closeMs?: number
  /** Agreements under way that began here; as many of all other nodes together, and of one of them half as many. @default 1000 */
  readonly agreementsMax?: number
  /** Members of one agreement. @default 1000 */
  readonly membersMax?: number
  /** Decisions kept for members that have not heard of them; the oldest are forgotten. @default 1000 */
  readonly decisionsMax?: number
  /** The longest message between nodes; what an engine takes, with room to spare. @default 900000 */
  readonly messageBytesMax?: number
  /** Messages of one other node in a second; more are dropped and counted. @default 20000 */
  readonly peerMessagesPerSec?: number
  /** Messages for agreements that are not open here yet, all together; the oldest are dropped. @default 2000 */
  readonly earlyMax?: number
  /** Messages of one agreement that are kept and looked through for evidence; further ones are not. @default 20000 */
  readonly heardMax?: number
  /** Pieces of evidence kept; the oldest are forgotten. @default 100 */
  readonly evidenceMax?: number
  /** Whether what replicas must remember outlives this process; with `stored`, `path` says where. @default 'memory' */
  readonly durability?: 'memory' | 'stored'
  /** The journal of this node's replicas and keys, on a disk of its own. Keep it: it holds the keys. @default none */
  readonly path?: string
  /** How long silence, slowness and bad signatures are remembered. @default {} */
  readonly suspicion?: SuspicionOptions
  /**
   * Whether members of this node vote for taking in again who was expelled, by its id, where another node asks for it; asked whenever one does. Where
   * all nodes say yes whoever was expelled is back as soon as anybody wants it.
   * @default all do
   */
  readonly readmits?: (member: string) => boolean
  /** For laboratories: what some members of this node do instead of following the rules. @default none */
  readonly minds?: OpenMind
}

export const replicaHostDefaults = {
  mode: 'auto',
  fastPath: true,
  viewMs: 500,
  viewMsMax: 5_000,
  agreementMs: 1_000,
  closeMs: 2_000,
  agreementsMax: 1_000,
  membersMax: 1_000,
  decisionsMax: 1_000,
  messageBytesMax: 900_000,
  peerMessagesPerSec: 20_000,
  earlyMax: 2_000,
  heardMax: 20_000,
  evidenceMax: 100,
  durability: 'memory',
  suspicion: {},
  readmits: () => true,
} as const satisfies Required<Omit<ReplicaHostOptions, 'macKey' | 'path' | 'minds'>>

export type HostSettings = Required<Omit<ReplicaHostOptions, 'macKey' | 'path' | 'minds'>> &
  Pick<ReplicaHostOptions, 'macKey' | 'path' | 'minds'>

/** Throws `foundation/invalid-option`, `foundation/unknown-name`. */
export function hostSettings(options: ReplicaHostOptions): HostSettings {
  const count = rule.optional(rule.int(1))
  checkOptions('openReplicaHost', options, {
    mode: rule.optional(rule.oneOf(['auto', 'kernel', 'mac', 'sig'])),
    macKey: rule.optional({
      expected: 'at least 32 bytes',
      test: (value) => value instanceof Uint8Array && value.length >= 32,
      optional: false,
    }),
    fastPath: rule.optional(rule.boolean()),
    viewMs: rule.optional(rule.number(1, 3_600_000)),
    viewMsMax: rule.optional(rule.number(1, 3_600_000)),
    agreementMs: rule.optional(rule.number(0, 3_600_000)),
    closeMs: rule.optional(rule.number(0, 3_600_000)),
    agreementsMax: count,
    membersMax: rule.optional(rule.int(4, 10_000)),
    decisionsMax: count,
    messageBytesMax: rule.optional(rule.int(10_000)),
    peerMessagesPerSec: count,
    earlyMax: count,
    heardMax: rule.optional(rule.int(0)),
    evidenceMax: count,
    durability: rule.optional(rule.oneOf(['memory', 'stored'])),
    path: rule.optional(rule.string()),
    suspicion: rule.optional(rule.object()),
    readmits: rule.optional(rule.fn()),
    minds: rule.optional(rule.fn()),
  })
  const settings: HostSettings = { ...replicaHostDefaults, ...definedOptions(options) }
  if (settings.mode === 'mac' && settings.macKey === undefined) {
    throw invalidOption('openReplicaHost', 'macKey', 'a key, since mode is "mac"', undefined)
  }
  if ((settings.durability === 'stored') !== (settings.path !== undefined)) {
    const expected =
      settings.path === undefined ? 'a file, since durability is "stored"' : 'nothing unless durability is "stored"'
    throw invalidOption('openReplicaHost', 'path', expected, settings.path)
  }
  return settings
}
