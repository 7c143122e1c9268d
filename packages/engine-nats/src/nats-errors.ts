/** Errors of this engine that no other has: one factory a code. Those of the contract are foundation's. */

import { MabeamError } from '@mabeam/foundation'

/** No server took a connection in time. */
export function noServer(servers: readonly string[], waitedMs: number, cause: unknown): MabeamError {
  const tried = servers.length === 0 ? 'none was found' : `tried ${servers.join(', ')}`
  const sentence = `no NATS server was reached within ${waitedMs} ms: ${tried}${whyNot(cause)}; start one (nats-server -js) or set servers`
  return new MabeamError('engine-nats/no-server', sentence, { retryable: true, data: { servers, waitedMs }, cause })
}

/** What the machine said of the last address that was tried, in words; nothing where it said nothing that is known. */
function whyNot(cause: unknown): string {
  for (let thrown = cause; thrown instanceof Error; thrown = thrown.cause) {
    const words = reasons.get((thrown as NodeJS.ErrnoException).code ?? thrown.name)
    if (words !== undefined) return ` (${words})`
  }
  return ''
}

const reasons: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nothing listens there'],
  ['ENOTFOUND', 'no host of that name is known'],
  ['EAI_AGAIN', 'the name servers do not answer'],
  ['ETIMEDOUT', 'nothing answers there'],
  ['TimeoutError', 'nothing answers there'],
  ['EHOSTUNREACH', 'there is no way to that host'],
  ['ENETUNREACH', 'there is no way to that network'],
])

/** The server does not know who asks. Says which kind of credentials was given, never what they are. */
export function wrongCredentials(server: string, given: string, cause: unknown): MabeamError {
  const sentence = `the NATS server ${server} refused the credentials (${given}); set credentials to what its configuration expects`
  return new MabeamError('engine-nats/wrong-credentials', sentence, { data: { server, given }, cause })
}

/** A secret that is said to be somewhere is not there. `reference` is where, such as `env:NATS_TOKEN`. */
export function secretMissing(owner: string, reference: string, cause?: unknown): MabeamError {
  const sentence = `${owner}: nothing is at ${reference}; set it, or name another place`
  return new MabeamError('engine-nats/secret-missing', sentence, {
    data: { owner, reference },
    ...(cause !== undefined && { cause }),
  })
}

/** Credentials or certificates that are there and can't be used. Says nothing of what they are. */
export function unusableSecret(owner: string, expected: string): MabeamError {
  return new MabeamError('engine-nats/unusable-secret', `${owner}: expected ${expected}`, { data: { owner, expected } })
}

export function tlsFailed(server: string, reason: string, cause: unknown): MabeamError {
  const sentence = `no secure connection to the NATS server ${server}: ${reason}; set tls (ca, cert, key) to match the server's`
  return new MabeamError('engine-nats/tls-failed', sentence, { data: { server, reason }, cause })
}

/** The servers can't keep what is promised: what is found, and what to do about it. */
export function startRefused(code: string, sentence: string, fix: string): MabeamError {
  const retryable = code === 'jetstream-not-ready'
  return new MabeamError(`engine-nats/${code}`, `${sentence}; ${fix}`, { retryable, data: { sentence, fix } })
}

/** The account may not do that with that subject. */
export function notPermitted(operation: 'publish' | 'subscribe', subject: string, cause?: unknown): MabeamError {
  const sentence = `the NATS server does not permit to ${operation} on ${subject}; permit it for this user, or use another system name`
  return new MabeamError('engine-nats/not-permitted', sentence, {
    data: { operation, subject },
    ...(cause !== undefined && { cause }),
  })
}
