/** Operations: the events of a history, each invocation joined with its completion. */

import { assert } from '../../errors.ts'
import type { HistoryEvent } from '../history.ts'

export interface Operation {
  readonly process: string
  readonly op: string
  readonly key: string
  readonly input: unknown
  /** Of one that is `ok`. */
  readonly output: unknown
  /** One without a completion is `unknown`. */
  readonly outcome: 'ok' | 'fail' | 'unknown'
  /** Index of its invocation in the history. */
  readonly invokedAt: number
  /** Index of its completion; infinity when the outcome is unknown, since it may still take effect. */
  readonly completedAt: number
}

/** In the order of invocation. Throws `foundation/assertion` for a process that does two things at once. */
export function operationsOf(history: readonly HistoryEvent[]): readonly Operation[] {
  const operations: Operation[] = []
  const open = new Map<string, number>()
  for (const [index, event] of history.entries()) {
    const at = open.get(event.process)
    if (event.type === 'invoke') {
      assert(at === undefined, `event ${index}: ${event.process} invokes ${event.op} before its last one completed`)
      open.set(event.process, operations.length)
      operations.push(invoked(event, index))
      continue
    }
    const started = at === undefined ? undefined : operations[at]
    assert(started?.op === event.op, `event ${index}: ${event.process} completes ${event.op}, which it did not invoke`)
    open.delete(event.process)
    if (at !== undefined && event.type !== 'unknown') {
      operations[at] = { ...started, outcome: event.type, output: event.output, completedAt: index }
    }
  }
  return operations
}

/** One operation in a line. @example 'p1 write("a", 3) → ok' */
export function operationText({ process, op, key, input, output, outcome }: Operation): string {
  const given = [...(key === '' ? [] : [key]), ...(input === undefined ? [] : [input])].map((one) =>
    JSON.stringify(one),
  )
  const told = outcome === 'ok' && output !== undefined ? JSON.stringify(output) : outcome
  return `${process} ${op}(${given.join(', ')}) → ${told}`
}

function invoked(event: HistoryEvent, index: number): Operation {
  const { process, op, key = '', input } = event
  const completedAt = Number.POSITIVE_INFINITY
  return { process, op, key, input, output: undefined, outcome: 'unknown', invokedAt: index, completedAt }
}
