/** The most special instance that can do it, so that those that can do more stay free. */

import type { Balancer } from '../balancer.ts'
import { leastLoaded } from './least-loaded.ts'

/** Ensures: nobody with fewer capabilities beyond those needed; among equals the least loaded. */
export const capabilityAware: Balancer = (request) => {
  const fewest = Math.min(...request.instances.map((one) => one.capabilities.length))
  return leastLoaded({
    ...request,
    instances: request.instances.filter((one) => one.capabilities.length === fewest),
  })
}
