/** Errors of messages and of the engines that carry them: one factory a code. */

import { MabeamError } from '../errors.ts'

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

/** The key was written by somebody else meanwhile. `got` is its revision now, null when it has no value. */
export function revisionConflict(key: string, expected: number | null, got: number | null): MabeamError {
  const shown = (revision: number | null) => (revision === null ? 'no value' : `revision ${revision}`)
  const sentence = `${key}: expected ${shown(expected)}, got ${shown(got)}; read it again and decide anew`
  return new MabeamError('foundation/revision-conflict', sentence, { data: { key, expected, got } })
}

/** The engine did not answer: what was asked for may or may not have happened. */
export function engineUnavailable(engine: string, doing: string, cause?: unknown): MabeamError {
  const sentence = `the ${engine} engine did not answer while ${doing}; it may or may not have happened, read again`
  return new MabeamError('foundation/engine-unavailable', sentence, {
    retryable: true,
    data: { engine, doing },
    ...(cause !== undefined && { cause }),
  })
}

export function queueFull(queue: string, messagesMax: number): MabeamError {
  const sentence = `queue ${queue}: messagesMax: expected at most ${messagesMax} messages, got one more`
  return new MabeamError('foundation/queue-full', sentence, { retryable: true, data: { queue, messagesMax } })
}

/** The time to acknowledge has run out: the message is being delivered to somebody else, or was given up. */
export function deliveryLost(queue: string, id: string): MabeamError {
  return new MabeamError('foundation/delivery-lost', `queue ${queue}: message ${id} is not yours any more`, {
    data: { queue, id },
  })
}

/** Something is open under that name with other options. */
export function optionsDiffer(what: string, opened: string, asked: string): MabeamError {
  const sentence = `${what}: expected the options it was opened with (${opened}), got ${asked}`
  return new MabeamError('foundation/options-differ', sentence, { data: { what, opened, asked } })
}

export function invalidKey(key: string, expected: string): MabeamError {
  const sentence = `key ${JSON.stringify(key)}: expected ${expected}`
  return new MabeamError('foundation/invalid-key', sentence, { data: { key, expected } })
}
