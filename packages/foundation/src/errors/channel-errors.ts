/** Errors of channels: one factory a code. */

import { MabeamError } from '../errors.ts'

export function channelsClosed(node: string): MabeamError {
  return new MabeamError('foundation/channels-closed', `the channels of node ${node} are closed`, { data: { node } })
}

/** A responder has as many requests waiting as it takes; it tells the one who asked. */
export function responderFull(pattern: string, capacity: number): MabeamError {
  const sentence = `responder of ${pattern}: capacity: expected at most ${capacity} requests waiting, got one more`
  return new MabeamError('foundation/responder-full', sentence, { retryable: true, data: { pattern, capacity } })
}
