/**
 * Who leaves a committee and who comes back, as a value that the committee itself decides on: members are expelled by evidence
 * that each of the others checks, and readmitted because a quorum says so. The next epoch begins with what was decided.
 */

import { type Agreement, type AgreementOptions, defineAgreement } from './agreement.ts'
import type { Authentication } from './authentication.ts'
import { CanonicalBytes } from './canonical-bytes.ts'
import { type Committee, defineCommittee, type Member } from './committee.ts'
import { type Evidence, verifyEvidence } from './evidence.ts'
import { decodeEvidence } from './wire-reader.ts'
import { encodeEvidence } from './wire-writer.ts'

/** The agreement in which something was done, and how members of it are believed. */
export interface ChangeJudge {
  readonly agreement: Agreement
  readonly authentication: Authentication
}

/** A piece of evidence as bytes: the value of an agreement that is to expel whom it convicts. */
export function expulsion(evidence: Evidence): Uint8Array {
  return new CanonicalBytes().text('expel').raw(encodeEvidence(evidence)).done()
}

/** The value of an agreement that is to take somebody in again. */
export function readmission({ id, weight, publicKey }: Member): Uint8Array {
  const bytes = new CanonicalBytes().text('readmit').text(id).text(String(weight))
  return bytes.bytes(publicKey ?? new Uint8Array()).done()
}

/**
 * The committee after that change, or nothing when it must not be made: the evidence convicts nobody, whoever is to be readmitted
 * is not one of `expelled`, or too few would be left to tolerate anybody. The same at all members, so it is what the
 * agreement on the change takes for `accepts`.
 *
 * @example const accepts = (bytes) => changedCommittee(judge, expelled, bytes) !== undefined
 */
export function changedCommittee(
  judge: ChangeJudge,
  expelled: readonly Member[],
  bytes: Uint8Array,
): Committee | undefined {
  const { members } = judge.agreement.committee
  const head = new CanonicalBytes().text('expel').done()
  if (Buffer.compare(bytes.subarray(0, head.length), head) !== 0) {
    const back = expelled.find((member) => Buffer.compare(readmission(member), bytes) === 0)
    const isNew = back !== undefined && members.every(({ id }) => id !== back.id)
    return isNew ? committeeOf([...members, back]) : undefined
  }
  const evidence = decodeEvidence(judge.agreement, bytes.subarray(head.length))
  const culprit = evidence && verifyEvidence(judge, evidence)
  return culprit === undefined ? undefined : committeeOf(members.filter((_, place) => place !== culprit))
}

/** The same agreement in its next epoch, with that committee: how many may lie is counted anew, and what was signed before is worth nothing. */
export function nextEpoch(options: AgreementOptions, committee: Committee): Agreement {
  return defineAgreement({ ...options, committee, epoch: (options.epoch ?? 0) + 1 })
}

/** Nothing when none could be made of those. */
function committeeOf(members: readonly Member[]): Committee | undefined {
  const total = members.reduce((sum, { weight }) => sum + weight, 0)
  const isSound = members.length >= 4 && members.every(({ weight }) => weight * 3 < total)
  if (!isSound) return undefined
  return defineCommittee(
    members.map(({ id, weight, publicKey }) => (publicKey ? { id, weight, publicKey } : { id, weight })),
  )
}
