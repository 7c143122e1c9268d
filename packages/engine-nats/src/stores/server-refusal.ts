/** What a server says when it answers and refuses: told by its code, never by its sentence. */

import { JetStreamApiError } from '@nats-io/jetstream'

/** Codes of the server's API that mean something here. */
export const refusal = {
  wrongLastSequence: 10071,
  /** Another write of the same key is on its way through the cluster. */
  writeUnderWay: 10164,
  streamNotFound: 10059,
  /** A stream of that name with another configuration. */
  streamDiffers: 10058,
  consumerDiffers: 10148,
  messageNotFound: 10037,
  sequenceNotFound: 10043,
  /** The stream took no more: one of its limits. */
  storeFailed: 10077,
  /** A message of the same id is on its way through the cluster. */
  idUnderWay: 10158,
} as const

/** The code of a refusal; undefined for whatever else was thrown, of which nobody knows whether it happened. */
export function refusalCode(thrown: unknown): number | undefined {
  return thrown instanceof JetStreamApiError ? thrown.code : undefined
}

/**
 * The newest message of the key, as the server has it that refused a write on a condition. It is in the sentence only, so that it may
 * be undefined: then nothing is concluded from it.
 */
export function newestRefused(thrown: unknown): number | undefined {
  if (refusalCode(thrown) !== refusal.wrongLastSequence) return undefined
  const named = /: (\d+)$/.exec((thrown as JetStreamApiError).message)?.[1]
  return named === undefined ? undefined : Number(named)
}

export function isNotFound(thrown: unknown): boolean {
  const code = refusalCode(thrown)
  return code === refusal.messageNotFound || code === refusal.sequenceNotFound
}
