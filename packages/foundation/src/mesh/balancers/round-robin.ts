/** One after the other. */

import type { Balancer } from '../balancer.ts'

/** Ensures: while the instances stay the same, of `n` calls each of `m` instances gets `n / m`, rounded up or down. */
export const roundRobin: Balancer = ({ instances, turn }) => {
  const [first] = instances
  return instances[turn % instances.length] ?? (first as NonNullable<typeof first>)
}
