/** Errors of this package: one factory a code. */

import { MabeamError } from '@mabeam/foundation'

/** A committee that could not tolerate what it is asked to. */
export function tooFewMembers(members: number, membersMin: number): MabeamError {
  const sentence = `members: expected at least ${membersMin} (3 f + 1), got ${members}`
  return new MabeamError('coordination/too-few-members', sentence, { data: { members, membersMin } })
}

/** A weight that is no weight, or so large that one member alone could break what is promised. */
export function invalidWeight(member: string, expected: string, got: number): MabeamError {
  const sentence = `member ${JSON.stringify(member)}: weight: expected ${expected}, got ${got}`
  return new MabeamError('coordination/invalid-weight', sentence, { data: { member, expected, got: String(got) } })
}

/** A member that is named twice, or lacks what the way of authentication needs. */
export function invalidMember(member: string, expected: string): MabeamError {
  const sentence = `member ${JSON.stringify(member)}: expected ${expected}`
  return new MabeamError('coordination/invalid-member', sentence, { data: { member, expected } })
}

/** A member's own ballot or value that all others would refuse. */
export function unacceptableValue(bytes: number, bytesMax: number): MabeamError {
  const wanted = `at most ${bytesMax} bytes that the rule of this agreement accepts`
  const sentence = `ballot or value: expected ${wanted}, got ${bytes} bytes that it does not`
  return new MabeamError('coordination/unacceptable-value', sentence, { data: { bytes, bytesMax } })
}
