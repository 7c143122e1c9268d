/**
 * Whether tasks were done: `push` and `done` have the id of the task as key. `done` is recorded where the task is carried out, as often as
 * it is, so that a queue that delivers at least once is allowed to do a task twice, and what it did twice is counted.
 */

import type { HistoryEvent } from '../history.ts'
import { operationsOf, operationText } from './operation.ts'
import { type Verdict, violation } from './verdict.ts'

export interface TaskCounts {
  /** Pushes that were acknowledged. */
  readonly acknowledged: number
  /** Tasks that were done at least once. */
  readonly done: number
  /** Times a task was done beyond the first. */
  readonly again: number
}

/**
 * Ensures of a history that is `ok`: each task whose push was acknowledged was done at least once or is still kept, and only
 * what somebody pushed was done.
 */
export function checkTasksDone(history: readonly HistoryEvent[], kept: Iterable<string> = []): Verdict {
  const operations = operationsOf(history)
  const still = new Set(kept)
  const of = (op: string) => operations.filter((one) => one.op === op)
  const done = new Set(of('done').map((one) => one.key))
  const lost = of('push').find((one) => one.outcome === 'ok' && !done.has(one.key) && !still.has(one.key))
  if (lost !== undefined) return violation(`lost: ${operationText(lost)}`, [lost])
  const pushed = new Set(of('push').map((one) => one.key))
  const stray = of('done').find((one) => !pushed.has(one.key))
  return stray === undefined ? { type: 'ok' } : violation(`done, never pushed: ${operationText(stray)}`, [stray])
}

/** What the contract of a queue leaves open. */
export function countTasks(history: readonly HistoryEvent[]): TaskCounts {
  const acknowledged = history.filter((one) => one.op === 'push' && one.type === 'ok').length
  const times = history.filter((one) => one.op === 'done' && one.type === 'ok')
  const done = new Set(times.map((one) => one.key)).size
  return { acknowledged, done, again: times.length - done }
}
