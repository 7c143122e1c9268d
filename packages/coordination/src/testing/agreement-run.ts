/** What can be said of one world, and what comes of it. */

import type { Agreement } from '../byzantine/agreement.ts'
import type { Evidence } from '../byzantine/evidence.ts'
import { type ReplicaStep, replicaStep } from '../byzantine/replica-step.ts'
import { Verifier, type VerifierOptions } from '../byzantine/verifier.ts'
import { type VotingRules, votingRules } from '../byzantine/voting-rules.ts'
import type { Violation } from './agreement-checks.ts'
import type { Attack } from './attack.ts'

export interface AgreementWorldOptions {
  readonly seed: number | string
  readonly members: number
  /** By member. @default 1 each */
  readonly weights?: readonly number[]
  /** What traitors do; each draws one of these. None: all are honest. @default [] */
  readonly attacks?: readonly Attack[]
  /** Whether traitors hold more than may be tolerated, by as little as possible. @default false */
  readonly overrun?: boolean
  /** @default true */
  readonly fastPath?: boolean
  /** @default 'ballots' */
  readonly subject?: 'ballots' | 'value'
  /** Whether honest members crash, and come back with what they had written. @default false */
  readonly restarts?: boolean
  /** When the network stabilises, drawn from 0 to this. @default 1500 */
  readonly stabilisesMsMax?: number
  /** How members are believed: by objects of this process, or by a shared key, and then each message goes through its bytes. @default 'kernel' */
  readonly mode?: 'kernel' | 'mac'
  /** What is tested. @default replicaStep */
  readonly step?: ReplicaStep
  /** Rules that honest members follow. @default votingRules */
  readonly rules?: VotingRules
  /** The agreement as honest members see it. @default as it is */
  readonly misread?: (agreement: Agreement) => Agreement
  /** What honest members check with. @default a Verifier */
  readonly verifierOf?: (options: VerifierOptions) => Verifier
}

export const worldDefaults = {
  attacks: [],
  overrun: false,
  fastPath: true,
  subject: 'ballots',
  restarts: false,
  stabilisesMsMax: 1_500,
  mode: 'kernel',
  step: replicaStep,
  rules: votingRules,
  misread: (agreement: Agreement) => agreement,
  verifierOf: (options: VerifierOptions) => new Verifier(options),
} as const satisfies Partial<AgreementWorldOptions>

/** All of them. */
export type AgreementWorldSettings = Required<Omit<AgreementWorldOptions, 'weights'>> &
  Pick<AgreementWorldOptions, 'weights'>

/** What came of one run. */
export interface AgreementRun {
  readonly violations: readonly Violation[]
  /** Whether honest members decided on different things. */
  readonly isForked: boolean
  readonly decided: number
  readonly honest: number
  readonly traitors: readonly number[]
  /** What convicts traitors, from all that honest members received. */
  readonly evidence: readonly Evidence[]
  readonly steps: number
  readonly viewMax: number
  readonly endedMs: number
  /** The same for the same seed. */
  readonly traceHash: number
}
