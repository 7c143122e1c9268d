/** Errors of actors that move to another node: one factory a code. */

import { MabeamError, toWireError } from '../errors.ts'

/** It can't be moved as it is, or not there; nothing was changed. */
export function moveRefused(actor: string, reason: string): MabeamError {
  return new MabeamError('foundation/move-refused', `${actor}: can't be moved: ${reason}`, { data: { actor, reason } })
}

/** The move was begun and taken back: the actor goes on where it was. */
export function moveFailed(actor: string, to: string, cause: unknown): MabeamError {
  const error = toWireError(cause)
  const sentence = `${actor}: was not moved to node ${to} and goes on where it was: ${error.message}`
  return new MabeamError('foundation/move-failed', sentence, {
    retryable: error.retryable,
    data: { actor, to, error: { ...error } },
    cause,
  })
}

/** It is not known to be there by then; it runs once all the same, here or there. */
export function moveTimeout(actor: string, to: string, timeoutMs: number): MabeamError {
  const sentence = `${actor}: expected it on node ${to} within ${timeoutMs} ms; it runs once all the same, where the system says it is`
  return new MabeamError('foundation/move-timeout', sentence, { retryable: true, data: { actor, to, timeoutMs } })
}

/** The node that had it had not kept a state that another one can begin with. */
export function snapshotMissing(actor: string, key: string): MabeamError {
  return new MabeamError('foundation/snapshot-missing', `${actor}: expected its saved state in blob ${key}, got none`, {
    data: { actor, key },
  })
}
