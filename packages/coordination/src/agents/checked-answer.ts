/** What an agent said, before a protocol sees it: copied, measured, and of the shape that was asked for; or why it is no answer. */

import type { Absence } from '../sessions/protocol.ts'
import { type AgentRequest, agentRequests, type RequestAnswer } from './agent-request.ts'
import { sizedCopy } from './sized-copy.ts'

/** `bytes`: what was taken in of it; nothing where it was too large. */
export type CheckedAnswer<R extends AgentRequest = AgentRequest> =
  | { readonly value: RequestAnswer<R>; readonly bytes: number }
  | { readonly absent: Absence; readonly bytes: number }

/**
 * Never throws, whatever `raw` is, and reads of it no more than `bytesMax` bytes.
 *
 * @example checkedAnswer('vote', { option: 'a' }, 1_000) // => { value: { option: 'a' }, bytes: 10 }
 */
export function checkedAnswer<R extends AgentRequest>(request: R, raw: unknown, bytesMax: number): CheckedAnswer<R> {
  const copy = sizedCopy(raw, bytesMax)
  if (copy === 'too-large') return { absent: 'too-large', bytes: 0 }
  if (copy === 'unsendable') return { absent: 'malformed', bytes: 0 }
  const { bytes } = copy
  const { success, data } = agentRequests[request].answer.safeParse(copy.value)
  // A ballot of nothing is no ballot; the schemas let anything be a value, also that.
  if (!success || ('value' in data && data.value === undefined)) return { absent: 'malformed', bytes }
  return { value: data as RequestAnswer<R>, bytes }
}
