/** Asks an agent of this node, on behalf of the agreement: whatever it does, there is a ballot in time. */

import type { ActorRef, Clock } from '@mabeam/foundation'
import type { AgentRequest } from '../../agents/agent-request.ts'
import { checkedAnswer } from '../../agents/checked-answer.ts'
import { absenceOf } from '../../sessions/collectors/direct.ts'
import type { Ballot } from './ballot.ts'

export interface MemberQuestion {
  readonly request: AgentRequest
  readonly input: unknown
  readonly timeoutMs: number
  readonly answerBytesMax: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Never rejects, except with `signal.reason`. */
export async function memberAnswer(actor: ActorRef | undefined, question: MemberQuestion): Promise<Ballot> {
  const { request, input, timeoutMs, answerBytesMax, clock, signal } = question
  const beganMs = clock.monotonicMs()
  const latencyMs = () => clock.monotonicMs() - beganMs
  if (actor === undefined) return { absent: 'gone', latencyMs: 0 }
  try {
    const raw = await actor.call(request as never, input as never, { timeoutMs, signal })
    const answer = checkedAnswer(request, raw, answerBytesMax)
    return 'absent' in answer
      ? { absent: answer.absent, latencyMs: latencyMs() }
      : { value: answer.value, latencyMs: latencyMs() }
  } catch (thrown) {
    signal.throwIfAborted()
    return { absent: absenceOf(thrown), latencyMs: latencyMs() }
  }
}
