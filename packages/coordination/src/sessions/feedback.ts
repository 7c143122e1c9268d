/** What a running session is told from outside, looked at before its protocol hears it. */

import { invalidOption } from '@mabeam/foundation'
import { sizedCopy } from '../agents/sized-copy.ts'
import type { Feedback } from './protocol.ts'

/** The largest opinion or list of weights. */
const feedbackBytesMax = 1_048_576

/**
 * A copy that whoever gave it can't change any more. Throws `foundation/invalid-option`; what an expert's opinion may be is the
 * protocol's to say, as long as it is data of at most 1 MiB.
 */
export function checkedFeedback(feedback: Feedback, participants: ReadonlySet<string>): Feedback {
  const copy = sizedCopy(feedback, feedbackBytesMax)
  if (typeof copy === 'string') {
    throw invalidOption('feedback', 'feedback', `data of at most ${feedbackBytesMax} bytes`, `what is ${copy}`)
  }
  checkFeedback((copy.value ?? {}) as Partial<Feedback>, participants)
  return copy.value as Feedback
}

function checkFeedback(feedback: Partial<Feedback>, participants: ReadonlySet<string>): void {
  const wrong = (key: string, expected: string, got: unknown) => invalidOption('feedback', key, expected, got)
  if (feedback.type === 'expert') {
    if (typeof feedback.from !== 'string' || feedback.from === '') throw wrong('from', 'a name', feedback.from)
    return
  }
  if (feedback.type !== 'weights') throw wrong('type', 'one of weights, expert', feedback.type)
  const { weights } = feedback
  if (typeof weights !== 'object' || weights === null) throw wrong('weights', 'an object', weights)
  for (const [id, weight] of Object.entries(weights)) {
    if (!participants.has(id)) throw wrong('weights', 'weights of who takes part', id)
    const isWeight = typeof weight === 'number' && weight >= 0 && weight < Number.POSITIVE_INFINITY
    if (!isWeight) throw wrong(`weights.${id}`, 'a number from 0', weight)
  }
}
