/** Errors of actors, their calls and their supervisors: one factory a code. */

import { isMabeamError, MabeamError, messageOf, toWireError } from '../errors.ts'

/** The actor threw while it worked on this message, or on one before it. The restarted one may answer. */
export function actorCrashed(actor: string, handler: string, cause: unknown): MabeamError {
  return new MabeamError('foundation/actor-crashed', `${actor}: crashed in ${handler}: ${messageOf(cause)}`, {
    retryable: true,
    data: { actor, handler, error: { ...toWireError(cause) } },
    cause,
  })
}

/** The actor ended, or was asked to stop, before it worked on this message. */
export function actorStopped(actor: string): MabeamError {
  return new MabeamError('foundation/actor-stopped', `${actor}: stopped before it answered`, { data: { actor } })
}

/** Nobody is at that address. Retryable while a supervisor is about to start the actor again. */
export function noSuchActor(actor: string, restarting: boolean): MabeamError {
  const sentence = restarting ? `${actor}: is being restarted` : `${actor}: there is no such actor`
  return new MabeamError('foundation/no-such-actor', sentence, { retryable: restarting, data: { actor } })
}

/** `init` of an actor threw. */
export function actorInitFailed(actor: string, cause: unknown): MabeamError {
  return new MabeamError('foundation/actor-init-failed', `${actor}: could not start: ${messageOf(cause)}`, {
    retryable: isMabeamError(cause) && cause.retryable,
    data: { actor, error: { ...toWireError(cause) } },
    cause,
  })
}

export function mailboxFull(actor: string, capacity: number): MabeamError {
  return new MabeamError(
    'foundation/mailbox-full',
    `${actor}: expected at most ${capacity} messages waiting, got more`,
    {
      retryable: true,
      data: { actor, capacity },
    },
  )
}

export function callTimeout(actor: string, call: string, timeoutMs: number): MabeamError {
  return new MabeamError('foundation/call-timeout', `${actor}: no reply to ${call} within ${timeoutMs} ms`, {
    retryable: true,
    data: { actor, call, timeoutMs },
  })
}

/** A call that would wait for itself. `way` starts and ends with the caller. */
export function callCycle(way: readonly string[]): MabeamError {
  return new MabeamError('foundation/call-cycle', `a call that would wait for itself: ${way.join(' → ')}`, {
    data: { way },
  })
}

/** An input that does not pass the schema of its handler. */
export function invalidMessage(target: string, sentence: string): MabeamError {
  return new MabeamError('foundation/invalid-message', `${target}: ${sentence}`, { data: { target } })
}

export function nameTaken(name: string): MabeamError {
  return new MabeamError('foundation/name-taken', `an actor named "${name}" runs already; choose another name`, {
    data: { name },
  })
}

export function nodeStopped(node: string): MabeamError {
  return new MabeamError('foundation/node-stopped', `node ${node} is stopped`, { data: { node } })
}

export function limitReached(owner: string, limit: string, max: number): MabeamError {
  return new MabeamError('foundation/limit-reached', `${owner}: ${limit}: expected at most ${max}, got one more`, {
    data: { owner, limit, max },
  })
}

/** A child would not start, so its supervisor did not either. */
export function supervisorStartFailed(supervisor: string, child: string, cause: unknown): MabeamError {
  const sentence = `supervisor ${supervisor}: child "${child}" would not start: ${messageOf(cause)}`
  return new MabeamError('foundation/supervisor-start-failed', sentence, {
    data: { supervisor, child, error: { ...toWireError(cause) } },
    cause,
  })
}
