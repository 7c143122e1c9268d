/** Which candidate is best by the objectives, and which no other beats in all of them. Those tried on all validation rows count. */

import { type Objective, paretoFront } from '@mabeam/ml'
import type { Evidence } from './teleprompter.ts'

/** What decides between equals. Not the latency: it is measured, so that equals would be told apart by chance. */
const thrifty: readonly Objective[] = [
  { name: 'costUsd', direction: 'minimise' },
  { name: 'tokens', direction: 'minimise' },
]

/**
 * Best first: by the objectives in their order; of equals the cheaper, the shorter, the earlier. What answered no row at all is worth
 * nothing, whatever it costs, and comes last.
 */
export function ranked(whole: readonly Evidence[], objectives: readonly Objective[]): Evidence[] {
  const order = [answers, ...objectives, ...thrifty]
  const losses = new Map(whole.map((one) => [one, order.map((objective) => lossOf(one, objective))]))
  return [...whole].sort((a, b) => {
    const [x, y] = [losses.get(a) as number[], losses.get(b) as number[]]
    const at = x.findIndex((loss, i) => loss !== y[i])
    return at < 0 ? a.candidate - b.candidate : (x[at] as number) < (y[at] as number) ? -1 : 1
  })
}

/** The candidates that no other beats in all objectives, by number. */
export function frontOf(whole: readonly Evidence[], objectives: readonly Objective[]): Evidence[] {
  return paretoFront(whole.filter(isAnswered), objectives)
}

/** Whether a row was answered, as something to be made larger. */
const answers: Objective = { name: 'answers', direction: 'maximise' }

function isAnswered({ rows }: Evidence): boolean {
  return rows.some(({ error }) => error === undefined)
}

/** A value as something to be made smaller; what is unknown is worse than all else. */
function lossOf(evidence: Evidence, objective: Objective): number {
  if (objective === answers) return isAnswered(evidence) ? 0 : 1
  const { name, direction } = objective
  const value = evidence.values[name]
  if (value === undefined) return Number.POSITIVE_INFINITY
  return direction === 'maximise' ? -value : value
}
