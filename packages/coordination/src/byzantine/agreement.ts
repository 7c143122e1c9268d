/**
 * What is to be agreed on, and by whom: the identity of one agreement. All that is signed names it, so what was said in
 * another one, or in another epoch of it, is worth nothing here.
 */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { CanonicalBytes, type Digest } from './canonical-bytes.ts'
import type { Committee } from './committee.ts'

export interface AgreementOptions {
  readonly committee: Committee
  /** Never used twice by the same members for the same specification; 16 random bytes as text will do. */
  readonly nonce: string
  /** What is decided, in words or JSON of your own; all members must have the same. @default '' */
  readonly specification?: string
  /** Grows by one when members are expelled or readmitted. @default 0 */
  readonly epoch?: number
  /** What is decided on: a set of the members' ballots, or a value that one of them proposes. @default 'ballots' */
  readonly subject?: 'ballots' | 'value'
  /** Whether votes of all members decide at once. All members must say the same. @default true */
  readonly fastPath?: boolean
  /** The largest ballot or value. @default 65536 */
  readonly bytesMax?: number
}

export const agreementDefaults = {
  specification: '',
  epoch: 0,
  subject: 'ballots',
  fastPath: true,
  bytesMax: 65_536,
} as const satisfies Required<Omit<AgreementOptions, 'committee' | 'nonce'>>

export interface Agreement {
  /** A hash over the specification, members with their keys and weights, and the nonce. */
  readonly id: Digest
  readonly epoch: number
  readonly committee: Committee
  readonly subject: 'ballots' | 'value'
  readonly fastPath: boolean
  readonly bytesMax: number
}

/** Domain and version of everything signed and hashed. */
export const domain = 'mabeam/byzantine/1'

/**
 * Gives an agreement its identity: members that name the same things get the same one.
 *
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`.
 */
export function defineAgreement(options: AgreementOptions): Agreement {
  checkOptions('defineAgreement', options, {
    committee: rule.object(),
    nonce: rule.string(),
    specification: rule.optional({ ...rule.string(), expected: 'a string', test: (v) => typeof v === 'string' }),
    epoch: rule.optional(rule.int(0, 0xffff_fffe)),
    subject: rule.optional(rule.oneOf(['ballots', 'value'])),
    fastPath: rule.optional(rule.boolean()),
    bytesMax: rule.optional(rule.int(1, 1 << 30)),
  })
  const { committee, nonce, specification, epoch, subject, fastPath, bytesMax } = {
    ...agreementDefaults,
    ...definedOptions(options),
  }
  const bytes = new CanonicalBytes().text(domain).text(nonce).text(specification).text(subject)
  bytes
    .uint32(fastPath ? 1 : 0)
    .uint32(bytesMax)
    .uint32(committee.members.length)
  for (const { id, weight, publicKey } of committee.members) {
    bytes
      .text(id)
      .text(String(weight))
      .bytes(publicKey ?? new Uint8Array())
  }
  return { id: bytes.hash(), epoch, committee, subject, fastPath, bytesMax }
}

/** The place of the member that leads that view: in turn, from one that the identity draws. */
export function leaderOf({ id, committee }: Agreement, view: number): number {
  return (Number.parseInt(id.slice(0, 8), 16) + view) % committee.members.length
}
