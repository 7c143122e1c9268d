/** The better of two random ones, by how long their answers take and how many calls they have. */

import type { Balancer } from '../balancer.ts'

/** Added to each latency, so that one that is not known yet has its price once it has calls. */
const unknownMs = 1

/**
 * Ensures: never the worse of the two drawn; the worst of all is never picked while there are two.
 *
 * Source: Mitzenmacher, IEEE TPDS 12(10), 2001 (power of two choices); the price is that of Finagle's peak EWMA balancer.
 */
export const latencyAware: Balancer = ({ instances, random }) => {
  const first = random.int(instances.length)
  const a = instances[first] as (typeof instances)[number]
  if (instances.length === 1) return a
  const other = random.int(instances.length - 1)
  const b = instances[other < first ? other : other + 1] as typeof a
  const price = (one: typeof a) => ((one.latencyMs + unknownMs) * (one.inFlight + 1)) / one.weight
  return price(b) < price(a) ? b : a
}
