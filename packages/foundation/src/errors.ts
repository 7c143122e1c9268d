/** The one error base of all packages: a stable code, data as fields, and whether trying again may help. */

const brand: unique symbol = Symbol.for('mabeam.error')

/** JSON values: what a journal, the wire and an artefact may hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export interface ErrorDetails {
  /** Whether the same call may succeed later. Decided where the cause is known. @default false */
  readonly retryable?: boolean
  /** What a program needs to react, as plain data. @default {} */
  readonly data?: { readonly [key: string]: Json }
  readonly cause?: unknown
}

/**
 * An operation that failed. `code` is `package/kebab-case` and part of the API; the message is for people.
 *
 * @example new MabeamError('foundation/no-such-actor', 'no actor named "counter" on node n1')
 */
export class MabeamError extends Error {
  readonly code: string
  readonly retryable: boolean
  readonly data: { readonly [key: string]: Json }

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'MabeamError'
    this.code = code
    this.retryable = details.retryable ?? false
    this.data = details.data ?? {}
    Object.defineProperty(this, brand, { value: true })
  }

  toJSON(): WireError {
    return { code: this.code, message: this.message, retryable: this.retryable, data: this.data }
  }
}

/** An error as it is journaled and sent: code and data survive, the stack does not. */
export interface WireError {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  readonly data: { readonly [key: string]: Json }
}

/** True for a `MabeamError` of any copy of this package in the process. */
export function isMabeamError(value: unknown): value is MabeamError {
  return value instanceof Error && brand in value
}

/** Any thrown value as plain data; what is not a `MabeamError` gets the code `foundation/uncaught`. */
export function toWireError(thrown: unknown): WireError {
  if (isMabeamError(thrown)) return thrown.toJSON()
  return { code: 'foundation/uncaught', message: messageOf(thrown), retryable: false, data: {} }
}

export function fromWireError(wire: WireError): MabeamError {
  return new MabeamError(wire.code, wire.message, { retryable: wire.retryable, data: wire.data })
}

/** The sentence of any thrown value. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** A bug in the caller's or our own code: the actor crashes and its supervisor decides. */
export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new MabeamError('foundation/assertion', `a bug: ${sentence}`)
}

/** Another process (or this one) has the journal open for writing. */
export function journalLocked(path: string, owner: { readonly pid: number; readonly host: string }): MabeamError {
  const { pid, host } = owner
  const hint = `wait for it or stop it; if it is gone, delete ${path}.lock`
  return new MabeamError('foundation/journal-locked', `${path}: in use by process ${pid} on ${host}; ${hint}`, {
    retryable: true,
    data: { path, pid, host },
  })
}

/** A line that was written through is no longer what was written, or the file is not such a journal. */
export function journalCorrupt(path: string, line: number, expected: string, got: string): MabeamError {
  return new MabeamError('foundation/journal-corrupt', `${path}:${line}: expected ${expected}, got ${got}`, {
    data: { path, line, expected, got },
  })
}

/** The journal was written by a version of its owner that this one can't read. */
export function journalVersion(path: string, expected: number, got: number): MabeamError {
  const sentence = `${path}:1: expected journal version ${expected}, got ${got}`
  return new MabeamError('foundation/journal-version', sentence, { data: { path, expected, got } })
}

export function journalMissing(path: string): MabeamError {
  return new MabeamError('foundation/journal-missing', `${path}: expected a journal, got no such file`, {
    data: { path },
  })
}

export function journalClosed(path: string): MabeamError {
  return new MabeamError('foundation/journal-closed', `${path}: the journal is closed`, { data: { path } })
}

/** A limit of the journal would be passed; nothing was written and the journal goes on. */
export function journalLimit(path: string, limit: string, max: number, got: number): MabeamError {
  return new MabeamError('foundation/journal-limit', `${path}: ${limit}: expected at most ${max}, got ${got}`, {
    retryable: limit === 'pendingBytesMax',
    data: { path, limit, max, got },
  })
}

/** A file operation that failed: `foundation/disk-full`, or `foundation/file-failed` with the system's code. */
export function fileFailed(path: string, doing: string, cause: unknown): MabeamError {
  const systemCode = systemCodeOf(cause) ?? 'unknown'
  const data = { path, systemCode }
  if (systemCode === 'ENOSPC' || systemCode === 'EDQUOT') {
    const sentence = `${path}: ${doing}: the disk is full; free some space and run again, what was acknowledged is kept`
    return new MabeamError('foundation/disk-full', sentence, { data, cause })
  }
  return new MabeamError('foundation/file-failed', `${path}: ${doing}: ${messageOf(cause)}`, { data, cause })
}

/** The system's error code (`ENOENT`) of a thrown value, if it has one. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (isMabeamError(thrown)) return undefined
  const code = thrown instanceof Error ? (thrown as { readonly code?: unknown }).code : undefined
  return typeof code === 'string' ? code : undefined
}

/** A value in a message that no other node could be sent. `path` is where it is. */
export function unsendable(path: string, sentence: string): MabeamError {
  return new MabeamError('foundation/unsendable', `${path}: ${sentence}`, { data: { path } })
}

export function payloadTooLarge(label: string, bytesMax: number, bytes: number): MabeamError {
  const sentence = `${label}: expected at most ${bytesMax} bytes, got ${bytes}`
  return new MabeamError('foundation/payload-too-large', sentence, { data: { bytesMax, bytes } })
}

/** Bytes that no codec of this version wrote. */
export function unreadableMessage(sentence: string, cause?: unknown): MabeamError {
  return new MabeamError('foundation/unreadable-message', `an unreadable message: ${sentence}`, { cause })
}

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

export function invalidSubject(subject: string, expected: string): MabeamError {
  const sentence = `subject ${JSON.stringify(subject)}: expected ${expected}`
  return new MabeamError('foundation/invalid-subject', sentence, { data: { subject, expected } })
}

/** Nobody listens on the subject of a request. */
export function noResponders(subject: string): MabeamError {
  return new MabeamError('foundation/no-responders', `${subject}: nobody listens`, {
    retryable: true,
    data: { subject },
  })
}

export function requestTimeout(subject: string, timeoutMs: number): MabeamError {
  return new MabeamError('foundation/request-timeout', `${subject}: no answer within ${timeoutMs} ms`, {
    retryable: true,
    data: { subject, timeoutMs },
  })
}

export function engineClosed(engine: string): MabeamError {
  return new MabeamError('foundation/engine-closed', `the ${engine} engine is closed`, { data: { engine } })
}
