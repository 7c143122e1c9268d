/** What an agent said, before a protocol sees it: copied, measured, and of the shape that was asked for; or why it is no answer. */

import type { Absence } from '../sessions/protocol.ts'
import { type AgentRequest, agentRequests, type RequestAnswer } from './agent-request.ts'
import { sizedCopy } from './sized-copy.ts'

/** `bytes`: what was taken in of it; nothing where it was too large. */
export type CheckedAnswer<R extends AgentRequest = AgentRequest> =
  | { readonly value: RequestAnswer<R>; readonly bytes: number }
  /** `because`: for people. */
  | { readonly absent: Absence; readonly because: string; readonly bytes: number }

/** What agents are reported with at most. */
const becauseMax = 200

/**
 * Never throws, whatever `raw` is, and reads of it no more than `bytesMax` bytes.
 *
 * @example checkedAnswer('vote', { option: 'a' }, 1_000) // => { value: { option: 'a' }, bytes: 10 }
 */
export function checkedAnswer<R extends AgentRequest>(request: R, raw: unknown, bytesMax: number): CheckedAnswer<R> {
  const copy = sizedCopy(raw, bytesMax)
  if (copy === 'too-large') return { absent: 'too-large', because: `more than ${bytesMax} bytes`, bytes: 0 }
  if (copy === 'unsendable') return { absent: 'malformed', because: 'no data that can be sent', bytes: 0 }
  const { bytes } = copy
  const { success, data, error } = agentRequests[request].answer.safeParse(copy.value)
  if (!success) return { absent: 'malformed', because: inShort(wrongWith(error.issues)), bytes }
  // A ballot of nothing is no ballot; the schemas let anything be a value, also that.
  if ('value' in data && data.value === undefined) {
    return { absent: 'malformed', because: 'value: expected one, got nothing', bytes }
  }
  return { value: data as RequestAnswer<R>, bytes }
}

/** No more of a text than is kept with an answer that is missing. */
export function inShort(text: string): string {
  return text.length > becauseMax ? `${text.slice(0, becauseMax - 1)}…` : text
}

function wrongWith([first]: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): string {
  if (first === undefined) return 'of another shape'
  const { path, message } = first
  return path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`
}
