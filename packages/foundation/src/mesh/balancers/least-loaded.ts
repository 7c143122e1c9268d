/** Who has the fewest calls from here under way for its weight. */

import type { Balancer } from '../balancer.ts'

/** Ensures: nobody has fewer calls under way for its weight; who is picked among equals is random. */
export const leastLoaded: Balancer = ({ instances, random }) => {
  const load = (one: (typeof instances)[number]) => (one.inFlight + 1) / one.weight
  const least = Math.min(...instances.map(load))
  const equals = instances.filter((one) => load(one) === least)
  return equals[random.int(equals.length)] as (typeof instances)[number]
}
