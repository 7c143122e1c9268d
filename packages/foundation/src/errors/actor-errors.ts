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

/** Its place is held elsewhere by now; this message was not worked on and may be sent there. */
export function actorMoved(actor: string): MabeamError {
  return new MabeamError('foundation/actor-moved', `${actor}: moved before it worked on this`, {
    retryable: true,
    data: { actor },
  })
}

/**
 * Nobody is at that address. Retryable while a supervisor is about to start the actor again; `reason` says why there is nobody any
 * more, where that is known.
 */
export function noSuchActor(actor: string, restarting: boolean, reason?: string): MabeamError {
  const because = reason === undefined ? '' : `: ${reason}`
  const sentence = restarting ? `${actor}: is being restarted` : `${actor}: there is no such actor${because}`
  return new MabeamError('foundation/no-such-actor', sentence, {
    retryable: restarting,
    data: { actor, ...(reason !== undefined && { reason }) },
  })
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

/** The actor ended before it worked on this message, since one it was linked to had. The restarted one may answer. */
export function linkBroken(actor: string, other: string, reason: string): MabeamError {
  const sentence = `${actor}: ended with ${other}, which it was linked to (${reason})`
  return new MabeamError('foundation/link-broken', sentence, { retryable: true, data: { actor, other, reason } })
}

/** A link reaches no further than one node; a monitor does. */
export function linkElsewhere(actor: string, other: string): MabeamError {
  const sentence = `${actor}: expected a link to an actor of this node, got ${other}; monitor it instead`
  return new MabeamError('foundation/link-elsewhere', sentence, { data: { actor, other } })
}

/** `init` was not done in time. */
export function startTimeout(actor: string, startMs: number): MabeamError {
  return new MabeamError('foundation/start-timeout', `${actor}: init was not done within ${startMs} ms`, {
    retryable: true,
    data: { actor, startMs },
  })
}

/** State may be replaced on nodes that say so, where it is on this thread. */
export function notInspectable(owner: string, why: string): MabeamError {
  return new MabeamError('foundation/not-inspectable', `${owner}: state can't be replaced: ${why}`, { data: { owner } })
}

/** A child for a supervisor that takes none any more. */
export function supervisorStopping(supervisor: string): MabeamError {
  return new MabeamError('foundation/supervisor-stopping', `supervisor ${supervisor}: it is stopping`, {
    data: { supervisor },
  })
}

/** An actor that is no child of that supervisor. */
export function noSuchChild(supervisor: string, child: string): MabeamError {
  const sentence = `supervisor ${supervisor}: ${child} is no child of it`
  return new MabeamError('foundation/no-such-child', sentence, { data: { supervisor, child } })
}
