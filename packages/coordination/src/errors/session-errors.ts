/** Errors of teams, sessions and the registry of protocols: one factory a code. */

import { MabeamError, messageOf, nearest } from '@mabeam/foundation'

/** A team of nobody, or with two of one name, or with what is no agent. */
export function invalidTeam(expected: string, got: string): MabeamError {
  return new MabeamError('coordination/invalid-team', `team: expected ${expected}, got ${got}`, {
    data: { expected, got },
  })
}

/** No protocol of that name is registered here. */
export function unknownProtocol(name: string, known: readonly string[]): MabeamError {
  const near = nearest(name, known)
  const hint = near === undefined ? `expected one of ${known.join(', ')}` : `did you mean "${near}"?`
  return new MabeamError('coordination/unknown-protocol', `unknown protocol ${JSON.stringify(name)}; ${hint}`, {
    data: { name, known },
  })
}

/** Another protocol is registered under that name. */
export function protocolTaken(name: string): MabeamError {
  const sentence = `protocol ${JSON.stringify(name)}: one of that name is registered already; unregister it first`
  return new MabeamError('coordination/protocol-taken', sentence, { data: { name } })
}

/** What calls itself a protocol and is none. */
export function invalidProtocol(name: string, expected: string): MabeamError {
  const sentence = `protocol ${JSON.stringify(name)}: expected ${expected}`
  return new MabeamError('coordination/invalid-protocol', sentence, { data: { name, expected } })
}

/** A protocol threw, or asked for what can't be: a bug of the protocol, which ends its session. */
export function protocolFailed(protocol: string, why: string, cause?: unknown): MabeamError {
  const sentence = `protocol ${JSON.stringify(protocol)}: ${why}${cause === undefined ? '' : `: ${messageOf(cause)}`}`
  return new MabeamError('coordination/protocol-failed', sentence, {
    data: { protocol, why },
    ...(cause !== undefined && { cause }),
  })
}

/** Somebody wanted the session no more. */
export function sessionCancelled(session: string, reason: string): MabeamError {
  return new MabeamError('coordination/session-cancelled', `session ${session}: cancelled: ${reason}`, {
    data: { session, reason },
  })
}

/** The session is over and hears nothing any more. */
export function sessionEnded(session: string): MabeamError {
  return new MabeamError('coordination/session-ended', `session ${session}: has ended and takes no feedback`, {
    data: { session },
  })
}

/** There is one coordination on a node, and it is open already. */
export function optionsDiffer(node: string, option: string): MabeamError {
  const sentence = `coordination of node ${node}: ${option}: expected what it was opened with, got something else`
  return new MabeamError('coordination/options-differ', sentence, { data: { node, option } })
}
