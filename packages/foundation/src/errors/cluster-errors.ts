/** Errors of membership, the directory and the service mesh: one factory a code. */

import { MabeamError } from '../errors.ts'

/** A newer life of this node, or another node of the same name, is in the system: this one may not go on. */
export function nodeReplaced(node: string, epoch: number, newerEpoch: number): MabeamError {
  const sentence = `node ${node}: epoch ${epoch} was replaced by epoch ${newerEpoch} of the same name; stop this one`
  return new MabeamError('foundation/node-replaced', sentence, { data: { node, epoch, newerEpoch } })
}

/** A part of the cluster (membership, directory, services) was used after it was closed. */
export function clusterPartClosed(part: string, node: string): MabeamError {
  return new MabeamError('foundation/cluster-part-closed', `the ${part} of node ${node} is closed`, {
    data: { part, node },
  })
}

/** A name of the directory that can't be a key. */
export function invalidName(kind: string, name: string, expected: string): MabeamError {
  const sentence = `${kind} ${JSON.stringify(name)}: expected ${expected}`
  return new MabeamError('foundation/invalid-name', sentence, { data: { kind, name, expected } })
}

/** No instance of the service can take the call: none is registered, or all are cut off. */
export function noInstance(service: string, known: number): MabeamError {
  const sentence =
    known === 0
      ? `service ${service}: no instance is registered`
      : `service ${service}: none of ${known} instances can take the call`
  return new MabeamError('foundation/no-instance', sentence, { retryable: true, data: { service, known } })
}

/** Calls at once and calls waiting are at their bounds. */
export function bulkheadFull(service: string, concurrencyMax: number, waitingMax: number): MabeamError {
  const sentence = `service ${service}: expected at most ${concurrencyMax} calls at once and ${waitingMax} waiting, got one more`
  return new MabeamError('foundation/bulkhead-full', sentence, {
    retryable: true,
    data: { service, concurrencyMax, waitingMax },
  })
}

/** More calls than the rate allows. */
export function rateLimited(service: string, retryAfterMs: number): MabeamError {
  const sentence = `service ${service}: more calls than its rate allows; again in ${Math.ceil(retryAfterMs)} ms`
  return new MabeamError('foundation/rate-limited', sentence, { retryable: true, data: { service, retryAfterMs } })
}

/** No instance answered within the time for the whole call, tries elsewhere included. */
export function serviceTimeout(service: string, call: string, timeoutMs: number): MabeamError {
  const sentence = `service ${service}: no reply to ${call} within ${timeoutMs} ms`
  return new MabeamError('foundation/service-timeout', sentence, {
    retryable: true,
    data: { service, call, timeoutMs },
  })
}

/** A registry that this version can't read. */
export function unreadableRegistry(sentence: string): MabeamError {
  return new MabeamError('foundation/unreadable-registry', `an unreadable service registry: ${sentence}`)
}
