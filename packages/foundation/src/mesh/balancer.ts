/** Who of several instances is called: the contract of a balancer, and what holds for all of them. */

import type { Random } from '../random.ts'

/** An instance as a caller sees it. */
export interface BalancedInstance {
  readonly id: string
  /** Its share relative to the others; above 0. */
  readonly weight: number
  readonly isHealthy: boolean
  /** Calls from here that it has not answered yet. */
  readonly inFlight: number
  /** How long its answers to calls from here take, lately; 0 when that is not known. */
  readonly latencyMs: number
  readonly capabilities: readonly string[]
}

export interface BalanceRequest<I extends BalancedInstance = BalancedInstance> {
  /** At least one, by id. */
  readonly instances: readonly I[]
  /** Grows by one with each call of the service from here. */
  readonly turn: number
  /** Calls with the same key go to the same instance where the balancer keeps to that. */
  readonly key: string
  /** What the call needs; who is asked has them all. */
  readonly capabilities: readonly string[]
  readonly random: Random
}

/** Called for each call and each try elsewhere. Pure, given its random stream. Returns one of the instances. */
export type Balancer = <I extends BalancedInstance>(request: BalanceRequest<I>) => I

/**
 * Picks by a balancer among those that can take the call; undefined when nobody can.
 *
 * Ensures: who is picked has what the call needs, and is healthy while there is one such that is. When none is healthy, the
 * unhealthy are tried: a wrong health check must not take a whole service away.
 */
export function pickInstance<I extends BalancedInstance>(
  balancer: Balancer,
  request: BalanceRequest<I>,
): I | undefined {
  const able = request.instances.filter((one) => request.capabilities.every((each) => one.capabilities.includes(each)))
  const healthy = able.filter((one) => one.isHealthy)
  const instances = healthy.length > 0 ? healthy : able
  return instances.length === 0 ? undefined : balancer({ ...request, instances })
}
