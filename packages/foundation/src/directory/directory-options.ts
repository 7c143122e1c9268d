/** The timings and bounds of the directory. */

import { rule } from '../options.ts'
import type { SweepTimings } from './sweep.ts'

export interface DirectoryOptions extends Partial<SweepTimings> {
  /** So often records of owners that are gone are looked for. @default 250 */
  readonly sweepMs?: number
  /** Of several nodes that could remove a record one begins; the others follow after so long. @default 2_000 */
  readonly sweepFollowMs?: number
  /** Records of nodes nobody has heard of stay so long. @default 30_000 */
  readonly unknownGraceMs?: number
  /** Records of this node; one more is refused with `foundation/limit-reached`. @default 100_000 */
  readonly ownRecordsMax?: number
  /** Bytes of the metadata of one record, encoded. @default 4_096 */
  readonly metadataBytesMax?: number
  /** Longest wait before a lost watch is opened again. @default 5_000 */
  readonly reopenDelayMaxMs?: number
}

export const directoryDefaults = {
  sweepMs: 250,
  sweepFollowMs: 2_000,
  unknownGraceMs: 30_000,
  ownRecordsMax: 100_000,
  metadataBytesMax: 4_096,
  reopenDelayMaxMs: 5_000,
} as const satisfies Required<DirectoryOptions>

export const directoryRules = {
  sweepMs: rule.optional(rule.number(1)),
  sweepFollowMs: rule.optional(rule.number(0)),
  unknownGraceMs: rule.optional(rule.number(0)),
  ownRecordsMax: rule.optional(rule.int(1)),
  metadataBytesMax: rule.optional(rule.int(1)),
  reopenDelayMaxMs: rule.optional(rule.number(1)),
}
