/** The timings and bounds of membership. */

import type { NodePort } from '../node-port.ts'
import { checkOptions, invalidOption, rule } from '../options.ts'
import type { NodeAttributes } from './member.ts'

export interface MembershipTimings {
  /** One random member is asked each period. @default 150 */
  readonly periodMs?: number
  /** An answer later than this is none; others are asked to try then. @default 150 */
  readonly pingTimeoutMs?: number
  /** How many others try on behalf of one that got no answer. @default 3 */
  readonly relays?: number
  /** How long a suspect may object before it is down. @default 1_200 */
  readonly suspicionMs?: number
  /** The least of that time for who hears late of a suspicion. @default 500 */
  readonly suspicionMinMs?: number
  /**
   * A node says something new about itself at most once in so long, times the number of members: so that there is room
   * for news of life and death however many there are.
   * @default 100
   */
  readonly attributesMs?: number
  /** News on one message. @default 16 */
  readonly newsMax?: number
  /** How often one piece of news is passed on: times the binary logarithm of the number of members. @default 4 */
  readonly newsFactor?: number
  /** So often all news are compared with a random member's. @default 10_000 */
  readonly syncMs?: number
  /** So often a random one of those that are down is tried again. @default 5_000 */
  readonly retryDownMs?: number
  /** Members that are down or left are remembered so long. @default 600_000 */
  readonly forgetMs?: number
  /** Nodes known, those gone included; one more is not taken in. @default 1_024 */
  readonly membersMax?: number
}

export const membershipDefaults = {
  periodMs: 150,
  pingTimeoutMs: 150,
  relays: 3,
  suspicionMs: 1_200,
  suspicionMinMs: 500,
  attributesMs: 100,
  newsMax: 16,
  newsFactor: 4,
  syncMs: 10_000,
  retryDownMs: 5_000,
  forgetMs: 600_000,
  membersMax: 1_024,
} as const satisfies Required<MembershipTimings>

export interface MembershipOptions extends MembershipTimings {
  /** What this node says about itself. @default version '0.0.0', no labels, one core, nothing else */
  readonly attributes?: Partial<NodeAttributes>
  /** How long an answer to the first hello is waited for, in each of three tries. @default 500 */
  readonly joinTimeoutMs?: number
}

export const membershipOptionsDefaults = {
  ...membershipDefaults,
  attributes: {},
  joinTimeoutMs: 500,
} as const satisfies Required<MembershipOptions>

export const membershipRules = {
  periodMs: rule.optional(rule.number(1)),
  pingTimeoutMs: rule.optional(rule.number(1)),
  relays: rule.optional(rule.int(0, 16)),
  suspicionMs: rule.optional(rule.number(0)),
  suspicionMinMs: rule.optional(rule.number(0)),
  attributesMs: rule.optional(rule.number(0)),
  newsMax: rule.optional(rule.int(1, 256)),
  newsFactor: rule.optional(rule.int(1, 100)),
  syncMs: rule.optional(rule.number(1)),
  retryDownMs: rule.optional(rule.number(1)),
  forgetMs: rule.optional(rule.number(1)),
  membersMax: rule.optional(rule.int(1, 10_000)),
}

/** What a node may say about itself, so that news stay small. */
const attributeLimits = { labelsMax: 32, textLengthMax: 256, bytesMax: 1_024 } as const

/** What a node says of itself after a change. Throws `foundation/invalid-option`. */
export function checkedAttributes(
  port: NodePort,
  present: NodeAttributes,
  change: Partial<NodeAttributes>,
): NodeAttributes {
  checkAttributes('attributes', change)
  const attributes = { ...present, ...change }
  const bytes = port.codec.encode(attributes, 'attributes').length
  if (bytes > attributeLimits.bytesMax) {
    throw invalidOption('openMembership', 'attributes', `at most ${attributeLimits.bytesMax} bytes when encoded`, bytes)
  }
  return attributes
}

function checkAttributes(owner: string, attributes: object): void {
  checkOptions(owner, attributes, {
    systemId: rule.optional(text),
    version: rule.optional(text),
    labels: rule.optional(labels),
    cores: rule.optional(rule.int(1)),
    memoryBytes: rule.optional(rule.number(0)),
    gpus: rule.optional(rule.int(0)),
    load: rule.optional(rule.number(0)),
    draining: rule.optional(rule.boolean()),
  })
}

const isText = (value: unknown) => typeof value === 'string' && value.length <= attributeLimits.textLengthMax
const text = { expected: `a text of at most ${attributeLimits.textLengthMax} letters`, test: isText, optional: false }
const labels = {
  expected: `at most ${attributeLimits.labelsMax} texts by label, each at most ${attributeLimits.textLengthMax} letters`,
  test: (value: unknown) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).length <= attributeLimits.labelsMax &&
    Object.entries(value).every((entry) => entry.every(isText)),
  optional: false,
}
