/** How much one more trial is expected to improve on the best, read off the best values so far without a model. */

import { feasibleFirstLosses, violationOf } from '../outcome-limit.ts'
import type { StoppableStudy } from './stops.ts'

/** Complete trials before anything is expected at all. */
const trialsMin = 10

/**
 * Expected improvement of the first objective by one further trial that is like the ones before: by Rényi's representation
 * the gap between the best and the second best of n values is, in a tail that falls exponentially, as large on average as what a
 * new best gains, and a new one is best with probability 1/(n+1). The gap is estimated from the best ⌈√n⌉ values.
 *
 * Ensures: >= 0 in units of the objective; `Infinity` below 10 complete trials that keep the limits.
 * Source: Rényi, On the theory of order statistics, 1953; Hill-type tail mean as Weissman, J. Am. Stat. Assoc. 73, 1978.
 * Differs: a sampler that learns gains more than this says, so it is a floor; give `expectedGain.of` where a model knows better.
 */
export function expectedGain({ finished, objectives, limits }: StoppableStudy): number {
  const losses: number[] = []
  for (const trial of finished) {
    if (trial.state !== 'complete' || violationOf(trial, limits) > 0) continue
    losses.push(feasibleFirstLosses(trial, objectives, limits)[0] as number)
  }
  const n = losses.length
  if (n < trialsMin) return Number.POSITIVE_INFINITY
  losses.sort((a, b) => a - b)
  const k = Math.ceil(Math.sqrt(n))
  const edge = losses[k] as number
  const meanExcess = losses.slice(0, k).reduce((sum, loss) => sum + (edge - loss), 0) / k
  return meanExcess / (n + 1)
}
