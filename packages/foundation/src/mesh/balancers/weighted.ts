/** At random, by weight. */

import type { Balancer } from '../balancer.ts'

/** Ensures: each gets a share of the calls that is its share of the weights, in the long run. */
export const weighted: Balancer = ({ instances, random }) => {
  let left = random.next() * instances.reduce((sum, one) => sum + one.weight, 0)
  for (const one of instances) {
    left -= one.weight
    if (left < 0) return one
  }
  return instances.at(-1) as (typeof instances)[number]
}
