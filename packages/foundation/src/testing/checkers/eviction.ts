/**
 * Whether somebody lost what it held while nothing was wrong with it. `hold` is recorded from taking (`invoke`) to the moment it was
 * taken away (`ok`); who still holds, or died, has no completion, and who gave it up by itself `fail`. The faults are given apart.
 */

import type { HistoryEvent } from '../history.ts'
import { type Verdict, violation } from './verdict.ts'

/** A time in which a process was not well, or could not be reached. Times are those of the history. */
export interface Ailment {
  /** As the events' `process` begins. */
  readonly process: string
  readonly fromMs: number
  readonly untilMs: number
}

/** Ensures of a history that is `ok`: whenever a hold was taken away its holder was ill then, or within `graceMs` before. */
export function checkEvictions(
  history: readonly HistoryEvent[],
  ailments: readonly Ailment[],
  graceMs: number,
): Verdict {
  const evictions = history.filter((one) => one.op === 'hold' && one.type === 'ok')
  const isIll = ({ process, atMs }: HistoryEvent) =>
    ailments.some((one) => process.startsWith(one.process) && one.fromMs <= atMs && atMs <= one.untilMs + graceMs)
  const unjust = evictions.find((one) => !isIll(one))
  if (unjust === undefined) return { type: 'ok' }
  const { process, key = '', atMs } = unjust
  return violation(
    `${process} lost ${JSON.stringify(key)} at ${Math.round(atMs)} ms though nothing was wrong with it`,
    [],
  )
}
