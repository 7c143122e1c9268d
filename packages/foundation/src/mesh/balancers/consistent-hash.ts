/** The same instance for the same key, from every node. */

import { rendezvousOrder } from '../../placement/rendezvous.ts'
import type { Balancer } from '../balancer.ts'

/** Ensures: when an instance comes or goes, only the keys that it gets or had move. Keys fall by weight. */
export const consistentHash: Balancer = ({ instances, key }) => {
  const candidates = instances.map((one) => ({ name: one.id, weight: one.weight }))
  const [owner] = rendezvousOrder(key, candidates)
  return instances.find((one) => one.id === owner) as (typeof instances)[number]
}
