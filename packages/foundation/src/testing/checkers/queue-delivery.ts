/**
 * Whether a queue lost or repeated work. `push`, `deliver` and `ack` have the id of the message as key; the messages that
 * are still kept when the history ends, dead letters included, are given apart.
 */

import type { HistoryEvent } from '../history.ts'
import { type Operation, operationsOf, operationText } from './operation.ts'
import { type Verdict, violation, worstVerdict } from './verdict.ts'

/**
 * Ensures of a history that is `ok`: what was pushed was acknowledged or is still kept, what was acknowledged is neither
 * delivered nor acknowledged again, and only what was pushed is delivered. Delivering again before that is allowed.
 */
export function checkQueue(history: readonly HistoryEvent[], kept: Iterable<string> = []): Verdict {
  const still = new Set(kept)
  const byId = Map.groupBy(operationsOf(history), (one) => one.key)
  return worstVerdict([...byId].map(([id, operations]) => checkMessage(operations, still.has(id))))
}

function checkMessage(operations: readonly Operation[], isKept: boolean): Verdict {
  const done = (op: string) => operations.filter((one) => one.op === op && one.outcome === 'ok')
  const mayHave = (op: string) => operations.some((one) => one.op === op && one.outcome !== 'fail')
  const [pushed] = done('push')
  const [acked, ackedAgain] = done('ack')
  const stray = done('deliver').find(() => !mayHave('push'))
  if (stray !== undefined) return violation(`delivered, never pushed: ${operationText(stray)}`, [stray])
  if (acked !== undefined && ackedAgain !== undefined) {
    return violation(`acknowledged twice: ${operationText(acked)}`, [ackedAgain, acked])
  }
  const again = acked === undefined ? undefined : done('deliver').find((one) => one.invokedAt > acked.completedAt)
  if (acked !== undefined && again !== undefined)
    return violation(`delivered after it was acknowledged: ${operationText(again)}`, [again, acked])
  if (pushed !== undefined && !isKept && !mayHave('ack')) {
    return violation(`lost: ${operationText(pushed)}`, [pushed, ...done('deliver')])
  }
  return { type: 'ok' }
}
