/** Errors of signed messages: one factory a code. None of them says a secret, or a part of one. */

import { MabeamError } from '../errors.ts'
import type { RefusalReason } from '../security/frame.ts'

/** Nothing is where a secret should be. */
export function secretMissing(owner: string, place: string): MabeamError {
  const sentence = `${owner}: security.secret: expected a secret at ${place}, got nothing; put it there (openssl rand -base64 32), the same for all nodes of the system`
  return new MabeamError('foundation/secret-missing', sentence, { data: { place } })
}

/** A message was not taken by whom it was for, or its answer was none that could be believed. */
export function messageRefused(subject: string, reason: RefusalReason, by: 'receiver' | 'sender'): MabeamError {
  const what = by === 'receiver' ? 'the receiver refused the request' : 'the answer was refused'
  const sentence = `${subject}: ${what}: ${reasonSentences[reason]}`
  return new MabeamError('foundation/message-refused', sentence, { data: { subject, reason, by } })
}

/** What an operator asked of a node was not taken. */
export function operationRefused(operation: string, node: string, reason: RefusalReason): MabeamError {
  const sentence = `${operation} of node ${node}: it takes operations only from those who have the secret of its system: ${reasonSentences[reason]}; give it as --secret-file, MABEAM_SECRET or openCluster({ security })`
  return new MabeamError('foundation/operation-refused', sentence, { data: { operation, node, reason } })
}

/** A node that is there would understand nothing of what this one says, or the other way. */
export function secretDiffers(system: string, node: string, difference: SecretDifference): MabeamError {
  const sentence = `system ${system}: node ${node} ${differenceSentences[difference]}; give all nodes the same security.secret (MABEAM_SECRET), or start again when it is gone, 20 seconds after its end`
  return new MabeamError('foundation/secret-differs', sentence, { retryable: true, data: { system, node, difference } })
}

/** `ours-missing`: this node has no secret and the other one has. */
export type SecretDifference = 'ours-missing' | 'theirs-missing' | 'different'

/** The clock of this node and that of another one differ by more than those of nodes that sign may. */
export function clockDiffers(node: string, byMs: number, skewMaxMs: number): MabeamError {
  const sentence = `the clock here is ${Math.round(Math.abs(byMs) / 1_000)} s ${byMs > 0 ? 'ahead of' : 'behind'} that of node ${node}, and those of nodes that sign their messages may differ by ${skewMaxMs} ms; set the clocks (NTP)`
  return new MabeamError('foundation/clock-differs', sentence, { retryable: true, data: { node, byMs, skewMaxMs } })
}

const reasonSentences = {
  unsigned: 'it is not signed, and this system signs its messages',
  version: 'it is signed in another version; run all nodes on one version',
  malformed: 'it is cut off',
  'unknown-secret': 'it is signed with another secret',
  signature: 'its signature is not of this message',
  stale: 'it was signed too long ago or too late; do the clocks differ?',
  replayed: 'it was heard before',
  overtaken: 'it came long after newer ones',
} as const satisfies { readonly [R in RefusalReason]: string }

const differenceSentences = {
  'ours-missing': 'signs its messages, and this one was given no secret',
  'theirs-missing': 'does not sign its messages, and this one was given a secret',
  different: 'signs with a secret that this one does not have, or does not have that of this one',
} as const satisfies { readonly [D in SecretDifference]: string }
