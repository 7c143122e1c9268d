/** Calls of services: who is asked, what is known of each from here, and who is asked instead. */

import type { ActorAddress } from '../actors/actor-address.ts'
import { delay } from '../clock.ts'
import { limitReached } from '../errors/actor-errors.ts'
import { noInstance, serviceTimeout } from '../errors/cluster-errors.ts'
import { isMabeamError } from '../errors.ts'
import type { NodePort } from '../node-port.ts'
import { type RetryPolicy, retryDelayMs } from '../retry.ts'
import { type BalancedInstance, type Balancer, pickInstance } from './balancer.ts'
import { type BalancerName, balancers } from './balancer-choice.ts'
import { mayTryElsewhere, speaksAgainst } from './call-policy.ts'
import {
  type BreakerEvent,
  type BreakerOptions,
  type BreakerState,
  breakerAllows,
  breakerStep,
  newBreaker,
} from './circuit-breaker.ts'
import { type LatencyAverage, latencyAfter, latencyNow } from './latency-average.ts'
import type { ServiceIndex } from './service-index.ts'
import type { ServiceInstance } from './service-instance.ts'
import { ServiceGate, type ServiceLimits } from './service-limits.ts'

/** What is given with a call to an actor. */
export interface InstanceCallOptions {
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly idempotencyKey: string | undefined
}

/** Calls an actor anywhere. Rejects as calls of actors do. */
export type CallActor = (
  address: ActorAddress,
  request: { readonly call: string; readonly input: unknown },
  options: InstanceCallOptions,
) => Promise<unknown>

export interface ServiceCallOptions {
  /** @default 'latency-aware' */
  readonly balance?: BalancerName | Balancer
  /** Calls with one key keep to one instance with `consistent-hash`. @default '' */
  readonly key?: string
  /** What the instance must be able to do. @default [] */
  readonly capabilities?: readonly string[]
  /** How often and after what delay others are tried. @default three tries, from 20 to 500 ms apart */
  readonly retry?: RetryPolicy
  /** For the whole, tries elsewhere included. @default 30_000 */
  readonly timeoutMs?: number
  /** @default none */
  readonly signal?: AbortSignal
  /**
   * Says that doing it twice is as doing it once: then a call that failed after it may have begun is tried elsewhere,
   * with the same key. Without one only a call that surely never began is.
   * @default none
   */
  readonly idempotencyKey?: string
}

export const serviceCallDefaults = {
  balance: 'latency-aware',
  key: '',
  capabilities: [],
  retry: { attemptsMax: 3, delayMinMs: 20, delayMaxMs: 500 },
  timeoutMs: 30_000,
} as const satisfies Omit<Required<ServiceCallOptions>, 'signal' | 'idempotencyKey'>

/** A call with all that is known of it. */
export interface ServiceCall extends Required<Omit<ServiceCallOptions, 'signal' | 'idempotencyKey'>> {
  readonly service: string
  readonly call: string
  readonly input: unknown
  readonly signal: AbortSignal | undefined
  readonly idempotencyKey: string | undefined
}

export interface ServiceCallSettings {
  readonly callActor: CallActor
  readonly breaker: Required<BreakerOptions>
  limitsOf(service: string): Required<ServiceLimits>
  readonly servicesMax: number
}

/** What this node knows of an instance from calling it. */
interface Acquaintance {
  breaker: BreakerState
  latency: LatencyAverage | undefined
  inFlight: number
}

/** The call never left this node. */
const refusals: ReadonlySet<string> = new Set([
  'foundation/bulkhead-full',
  'foundation/rate-limited',
  'foundation/no-instance',
])

interface ServiceState {
  readonly gate: ServiceGate
  turn: number
}

type Candidate = BalancedInstance & { readonly instance: ServiceInstance }

export class ServiceCalls {
  readonly #port: NodePort
  readonly #index: ServiceIndex
  readonly #settings: ServiceCallSettings
  /** By instance; forgotten when the instance goes. */
  readonly #known = new Map<string, Acquaintance>()
  readonly #services = new Map<string, ServiceState>()

  constructor(port: NodePort, index: ServiceIndex, settings: ServiceCallSettings) {
    this.#port = port
    this.#index = index
    this.#settings = settings
  }

  /** The instance is gone. */
  forget(id: string): void {
    this.#known.delete(id)
  }

  /** Whether calls of this node reach the instance, or its breaker keeps them. */
  breakerPhase(id: string): BreakerState['phase'] {
    return this.#known.get(id)?.breaker.phase ?? 'closed'
  }

  async run(call: ServiceCall): Promise<unknown> {
    const { clock } = this.#port
    const ended = new AbortController()
    const cancel = clock.setTimer(call.timeoutMs, () =>
      ended.abort(serviceTimeout(call.service, call.call, call.timeoutMs)),
    )
    const signal = call.signal === undefined ? ended.signal : AbortSignal.any([ended.signal, call.signal])
    const deadlineMs = clock.monotonicMs() + call.timeoutMs
    const state = this.#stateOf(call.service)
    try {
      return await state.gate.pass(() => this.#tryAll(call, state, { signal, deadlineMs }), signal)
    } catch (thrown) {
      const code = isMabeamError(thrown) ? thrown.code : ''
      if (refusals.has(code)) this.#report('service-call-refused', { count: 1 }, { service: call.service, code })
      throw thrown
    } finally {
      cancel()
    }
  }

  /** One instance after the other, each once before any is asked again. */
  async #tryAll(
    call: ServiceCall,
    state: ServiceState,
    limit: { readonly signal: AbortSignal; readonly deadlineMs: number },
  ): Promise<unknown> {
    const tried = new Set<string>()
    const attemptsMax = call.retry.attemptsMax ?? serviceCallDefaults.retry.attemptsMax
    for (let attempt = 1; ; attempt++) {
      limit.signal.throwIfAborted()
      const instance = this.#pick(call, state, tried)
      tried.add(instance.id)
      try {
        return await this.#ask(instance, call, limit)
      } catch (thrown) {
        limit.signal.throwIfAborted()
        if (attempt >= attemptsMax || !mayTryElsewhere(thrown, call.idempotencyKey !== undefined)) throw thrown
        this.#report('service-retried', { attempt }, { service: call.service, instance: instance.id })
        const policy = { ...serviceCallDefaults.retry, ...call.retry }
        await delay(this.#port.clock, retryDelayMs(policy, attempt, this.#port.random), limit.signal)
      }
    }
  }

  #pick(call: ServiceCall, state: ServiceState, tried: ReadonlySet<string>): ServiceInstance {
    const atMs = this.#port.clock.monotonicMs()
    const registered = this.#index.find({ name: call.service })
    const open = registered.filter((one) =>
      breakerAllows(this.#known.get(one.id)?.breaker ?? newBreaker, atMs, this.#settings.breaker),
    )
    const fresh = open.filter((one) => !tried.has(one.id))
    const balancer = typeof call.balance === 'string' ? balancers[call.balance] : call.balance
    const instances = (fresh.length > 0 ? fresh : open).map((one) => this.#candidate(one, atMs))
    const { key, capabilities } = call
    const request = { instances, turn: state.turn++, key, capabilities, random: this.#port.random }
    const picked = pickInstance(balancer, request)
    if (picked === undefined) throw noInstance(call.service, registered.length)
    return picked.instance
  }

  #candidate(instance: ServiceInstance, atMs: number): Candidate {
    const known = this.#known.get(instance.id)
    const { id, weight, isHealthy, capabilities } = instance
    const latencyMs = latencyNow(known?.latency, atMs)
    return { instance, id, weight, isHealthy, capabilities, latencyMs, inFlight: known?.inFlight ?? 0 }
  }

  async #ask(
    instance: ServiceInstance,
    call: ServiceCall,
    limit: { readonly signal: AbortSignal; readonly deadlineMs: number },
  ): Promise<unknown> {
    const { clock } = this.#port
    const known = this.#acquaintance(instance.id)
    const startMs = clock.monotonicMs()
    this.#tell(instance, known, { type: 'ask', atMs: startMs })
    const { turn } = known.breaker
    known.inFlight++
    let verdict: BreakerEvent = { type: 'given-up', turn, atMs: startMs }
    try {
      const options = {
        timeoutMs: limit.deadlineMs - startMs,
        signal: limit.signal,
        idempotencyKey: call.idempotencyKey,
      }
      const asked = this.#settings.callActor(instance.address, call, options)
      const reply = await orAborted(asked, limit.signal)
      const atMs = clock.monotonicMs()
      known.latency = latencyAfter(known.latency, atMs - startMs, atMs)
      verdict = { type: 'ended', hasFailed: false, turn, atMs }
      return reply
    } catch (thrown) {
      // Given up by its own caller says nothing of the instance; too late does.
      const isGivenUp = call.signal?.aborted === true
      if (!isGivenUp) verdict = { type: 'ended', hasFailed: speaksAgainst(thrown), turn, atMs: clock.monotonicMs() }
      throw thrown
    } finally {
      known.inFlight--
      this.#tell(instance, known, verdict)
    }
  }

  #tell(instance: ServiceInstance, known: Acquaintance, event: BreakerEvent): void {
    const before = known.breaker.phase
    known.breaker = breakerStep(known.breaker, event, this.#settings.breaker).state
    const { phase } = known.breaker
    if (phase === before) return
    this.#report('breaker-changed', { count: 1 }, { service: instance.service, instance: instance.id, phase, before })
  }

  #acquaintance(id: string): Acquaintance {
    const known = this.#known.get(id) ?? { breaker: newBreaker, latency: undefined, inFlight: 0 }
    if (this.#index.get(id) !== undefined) this.#known.set(id, known)
    return known
  }

  #stateOf(service: string): ServiceState {
    const held = this.#services.get(service)
    if (held !== undefined) return held
    const { servicesMax, limitsOf } = this.#settings
    if (this.#services.size >= servicesMax) this.#forgetIdle()
    if (this.#services.size >= servicesMax) throw limitReached('services', 'servicesMax', servicesMax)
    const state = { gate: new ServiceGate(service, this.#port.clock, limitsOf(service)), turn: 0 }
    this.#services.set(service, state)
    return state
  }

  #forgetIdle(): void {
    for (const [service, { gate }] of this.#services) if (gate.isIdle) this.#services.delete(service)
  }

  #report(
    event: string,
    measurements: { readonly [name: string]: number },
    metadata: { readonly [name: string]: string },
  ): void {
    const { telemetry, name } = this.#port
    if (!telemetry.enabled) return
    telemetry.emit({ name: `foundation.${event}`, measurements, metadata: { node: name, ...metadata } })
  }
}

/** Rejects with the signal's reason when it aborts first, whatever becomes of the promise. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
