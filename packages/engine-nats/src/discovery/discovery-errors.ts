/** Errors of finding servers: one factory a code. A sentence says what to do where a person can do something. */

import { MabeamError, show } from '@mabeam/foundation'

/** Text that is no address of a server. What may be a password in it is not repeated. */
export function invalidServerAddress(owner: string, text: string, expected: string): MabeamError {
  const shown = text.includes('@') ? `…${text.slice(text.lastIndexOf('@'))}` : text
  const sentence = `${owner}: ${show(shown)}: expected ${expected}`
  return new MabeamError('engine-nats/invalid-server-address', sentence, { data: { owner, address: shown } })
}

/** Whoever was asked did not answer, in time or at all. */
export function discoveryUnreachable(source: string, where: string, why: string, cause?: unknown): MabeamError {
  return new MabeamError('engine-nats/discovery-unreachable', `${source}: ${where}: ${why}`, {
    retryable: true,
    data: { source, where },
    ...(cause !== undefined && { cause }),
  })
}

/** Whoever was asked answered that we may not ask. `fix` is what a person must do. */
export function discoveryForbidden(source: string, where: string, fix: string): MabeamError {
  return new MabeamError('engine-nats/discovery-forbidden', `${source}: ${where}: ${fix}`, { data: { source, where } })
}

/** Whoever was asked answered with a status that is no success: tried again where it is theirs. */
export function discoveryRefused(source: string, where: string, status: number): MabeamError {
  const sentence = `${source}: ${where}: expected the answer 200, got ${status}; is this the address of its API?`
  const retryable = status === 408 || status === 410 || status === 429 || status >= 500
  return new MabeamError('engine-nats/discovery-refused', sentence, { retryable, data: { source, where, status } })
}

/** The answer is not what the API says it is. */
export function discoveryUnreadable(source: string, where: string, expected: string): MabeamError {
  return new MabeamError('engine-nats/discovery-unreadable', `${source}: ${where}: expected ${expected}`, {
    retryable: true,
    data: { source, where },
  })
}

export function discoveryTooLarge(source: string, where: string, bytesMax: number): MabeamError {
  const sentence = `${source}: ${where}: expected an answer of at most ${bytesMax} bytes, got a longer one`
  return new MabeamError('engine-nats/discovery-too-large', sentence, { data: { source, where, bytesMax } })
}

/** A source lacks what it needs where this program runs. */
export function discoveryUnavailable(source: string, why: string, cause?: unknown): MabeamError {
  return new MabeamError('engine-nats/discovery-unavailable', `${source}: ${why}`, {
    data: { source },
    ...(cause !== undefined && { cause }),
  })
}

/** Nothing was found; `last` is what the last look said. */
export function noServersFound(source: string, waitedMs: number, last: string): MabeamError {
  const sentence = `${source}: no server found within ${Math.round(waitedMs)} ms; ${last}`
  return new MabeamError('engine-nats/no-servers-found', sentence, {
    retryable: true,
    data: { source, waitedMs, last },
  })
}
