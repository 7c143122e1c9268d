/** What is modelled: the objectives, and what limits bound beside them. */

import type { Objective } from '../../objective.ts'
import type { OutcomeLimit } from '../../outcome-limit.ts'

/** A measured value as a loss: `sign` times it, so that less is better. */
export interface Output {
  readonly name: string
  readonly sign: 1 | -1
  /** Whether it is known to have no noise. */
  readonly exact?: boolean
  /** Between which the loss keeps all limits on it; infinite where none bounds it. */
  readonly low: number
  readonly high: number
}

/** The objectives in their order, then the values that only limits name, each once; of these the sign is that of the upper bound. */
export function outputsOf(objectives: readonly Objective[], limits: readonly OutcomeLimit[]): Output[] {
  const signs = new Map<string, 1 | -1>(
    objectives.map(({ name, direction }) => [name, direction === 'maximise' ? -1 : 1]),
  )
  const exact = new Set(objectives.filter(({ noise }) => noise === false).map(({ name }) => name))
  for (const { name, atMost } of limits) if (!signs.has(name)) signs.set(name, atMost === undefined ? -1 : 1)
  return [...signs].map(([name, sign]) => {
    let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
    for (const limit of limits) {
      if (limit.name !== name) continue
      const { atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY } = limit
      const [from, to] = sign === 1 ? [atLeast, atMost] : [-atMost, -atLeast]
      low = Math.max(low, from)
      high = Math.min(high, to)
    }
    return { name, sign, ...(exact.has(name) && { exact: true }), low, high }
  })
}
