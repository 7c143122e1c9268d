/** What a running session is told from outside, looked at before its protocol hears it. */

import { invalidOption } from '@mabeam/foundation'
import type { Feedback } from './protocol.ts'

/** Throws `foundation/invalid-option`; what an expert's opinion may be is the protocol's to say. */
export function checkFeedback(feedback: Feedback, participants: ReadonlySet<string>): void {
  const wrong = (key: string, expected: string, got: unknown) => invalidOption('feedback', key, expected, got)
  const { type } = (feedback ?? {}) as { readonly type?: unknown }
  if (type === 'expert') {
    const { from } = feedback as Extract<Feedback, { type: 'expert' }>
    if (typeof from !== 'string' || from === '') throw wrong('from', 'a name', from)
    return
  }
  if (type !== 'weights') throw wrong('type', 'one of weights, expert', type)
  const { weights } = feedback as Extract<Feedback, { type: 'weights' }>
  if (typeof weights !== 'object' || weights === null) throw wrong('weights', 'an object', weights)
  for (const [id, weight] of Object.entries(weights)) {
    if (!participants.has(id)) throw wrong('weights', 'weights of who takes part', id)
    const isWeight = typeof weight === 'number' && weight >= 0 && weight < Number.POSITIVE_INFINITY
    if (!isWeight) throw wrong(`weights.${id}`, 'a number from 0', weight)
  }
}
