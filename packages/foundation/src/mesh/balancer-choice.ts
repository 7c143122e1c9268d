/** Balancers by name. */

import type { Balancer } from './balancer.ts'
import { capabilityAware } from './balancers/capability-aware.ts'
import { consistentHash } from './balancers/consistent-hash.ts'
import { latencyAware } from './balancers/latency-aware.ts'
import { leastLoaded } from './balancers/least-loaded.ts'
import { roundRobin } from './balancers/round-robin.ts'
import { weighted } from './balancers/weighted.ts'

export const balancers = {
  'round-robin': roundRobin,
  'least-loaded': leastLoaded,
  'latency-aware': latencyAware,
  'consistent-hash': consistentHash,
  'capability-aware': capabilityAware,
  weighted,
} as const satisfies Record<string, Balancer>

export type BalancerName = keyof typeof balancers
