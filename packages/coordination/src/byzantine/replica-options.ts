/** What a replica is told at its birth. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import type { Signer } from './authentication.ts'
import type { Verifier } from './verifier.ts'

export interface ReplicaOptions {
  /** Of the node it runs on; it says which agreement this is. */
  readonly verifier: Verifier
  readonly signer: Signer
  /** How long the first view has; each further one twice as long. @default 500 */
  readonly viewMs?: number
  /** Where that ends. @default 30000 */
  readonly viewMsMax?: number
  /** How long a leader waits for ballots beyond those of a quorum. @default 0 */
  readonly gatherMs?: number
  /** The longest that a leader waits for the votes of all; as a rule as long as those of a quorum took. @default 50 */
  readonly fastWaitMsMax?: number
  /** Places of members that were silent lately: no leader waits for all then. @default [] */
  readonly silent?: readonly number[]
}

export const replicaDefaults = {
  viewMs: 500,
  viewMsMax: 30_000,
  gatherMs: 0,
  fastWaitMsMax: 50,
  silent: [],
} as const satisfies Required<Omit<ReplicaOptions, 'verifier' | 'signer'>>

/** All that a replica's step needs beside state and event. */
export type ReplicaSetup = Required<ReplicaOptions>

/** Throws: `foundation/invalid-option`, `foundation/unknown-name`. */
export function replicaSetup(options: ReplicaOptions): ReplicaSetup {
  checkOptions('replicaSetup', options, {
    verifier: rule.object(),
    signer: rule.having('sign'),
    viewMs: rule.optional(rule.number(1)),
    viewMsMax: rule.optional(rule.number(1)),
    gatherMs: rule.optional(rule.number(0)),
    fastWaitMsMax: rule.optional(rule.number(0)),
    silent: rule.optional(rule.array()),
  })
  return { ...replicaDefaults, ...definedOptions(options) }
}
