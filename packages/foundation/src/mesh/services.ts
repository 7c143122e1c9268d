/** The service mesh of a node: actors registered under the name of a service, found and called by what they can do. */

import type { ActorAddress } from '../actors/actor-address.ts'
import { delay } from '../clock.ts'
import type { Directory } from '../directory/directory.ts'
import type { RecordChange } from '../directory/directory-cache.ts'
import { type RecordPlace, servicePlace } from '../directory/directory-record.ts'
import { clusterPartClosed } from '../errors/cluster-errors.ts'
import { hasCode, type Json, messageOf } from '../errors.ts'
import type { NodePort } from '../node-port.ts'
import { type DrainLeft, type DrainPart, nothingLeft } from '../operations/drain-part.ts'
import { checkOptions, rule } from '../options.ts'
import { checkRetryPolicy } from '../retry.ts'
import { balancers } from './balancer-choice.ts'
import { type BreakerOptions, breakerDefaults, breakerRules } from './circuit-breaker.ts'
import { type RegistryDocument, readRegistry, registryDocument } from './registry-document.ts'
import {
  type CallActor,
  type ServiceCall,
  type ServiceCallOptions,
  ServiceCalls,
  serviceCallDefaults,
} from './service-calls.ts'
import { type HealthCheck, HealthLoop, type HealthOptions, healthDefaults, healthRules } from './service-health.ts'
import { ServiceIndex, type ServiceQuery } from './service-index.ts'
import {
  type InstanceOptions,
  type InstanceRecord,
  instanceDefaults,
  instanceOf,
  instanceRules,
  type ServiceInstance,
} from './service-instance.ts'
import { type ServiceLimits, serviceLimitsDefaults, serviceLimitsRules } from './service-limits.ts'

export interface ServicesOptions {
  /** Calls an actor anywhere. */
  readonly callActor: CallActor
  /** For each instance. @default breakerDefaults */
  readonly breaker?: BreakerOptions
  /** For each service that has none of its own. @default serviceLimitsDefaults */
  readonly limits?: ServiceLimits
  /** By service. @default {} */
  readonly limitsOf?: { readonly [service: string]: ServiceLimits }
  /** Services called at once; one more is refused with `foundation/limit-reached`. @default 10_000 */
  readonly servicesMax?: number
}

const servicesDefaults = {
  breaker: breakerDefaults,
  limits: serviceLimitsDefaults,
  limitsOf: {},
  servicesMax: 10_000,
} as const satisfies Omit<Required<ServicesOptions>, 'callActor'>

export interface RegisterServiceOptions extends InstanceOptions, HealthOptions {
  /** Asked again and again on this node; while it fails the instance is marked unhealthy, not removed. @default none */
  readonly check?: HealthCheck
}

/** What became of a document. */
export interface ImportedRegistry {
  readonly imported: number
  /** Instances that are registered by others already. */
  readonly skipped: number
}

/** A service by its name, as a reference to an actor is to one actor. */
export interface ServiceRef {
  readonly name: string
  /**
   * Calls one instance. *Delivery*: at most once, unless `idempotencyKey` is given; then at least once while it fails in a
   * way that may pass. A call that surely never began is tried elsewhere in any case.
   *
   * Rejects with what the last instance did, `foundation/no-instance`, `foundation/service-timeout`,
   * `foundation/bulkhead-full`, `foundation/rate-limited`, and with `signal.reason`.
   */
  call(call: string, input: unknown, options?: ServiceCallOptions): Promise<unknown>
}

/** Used by programs; concurrently and often. */
export interface Services extends AsyncDisposable {
  /** Registers an actor of this node under a service, or changes what is said of it. Rejects as `Directory.register` does. */
  register(service: string, address: ActorAddress, options?: RegisterServiceOptions): Promise<void>
  deregister(service: string, address: ActorAddress): Promise<void>
  /** From the cache, at once, by id: unhealthy ones too, but none whose node is known to be gone. */
  discover(query?: ServiceQuery): readonly ServiceInstance[]
  /** A service to be called; there need be no instance yet. */
  service(name: string): ServiceRef
  /** Whether calls of this node reach an instance: `open` while its breaker keeps them. */
  breakerPhase(instanceId: string): 'closed' | 'open' | 'half-open'
  export(): RegistryDocument
  /** Registers what a document names, as long as this node lives. Throws `foundation/unreadable-registry`. */
  import(document: unknown): Promise<ImportedRegistry>
  /** Deregisters what this node registered, then ends. To be closed before its directory. Idempotent. */
  close(): Promise<void>
}

/** @example const services = openServices(port, directory, { callActor }) */
export function openServices(port: NodePort, directory: Directory, options: ServicesOptions): Services {
  checkOptions('openServices', options, {
    callActor: rule.fn(),
    breaker: rule.optional(rule.object()),
    limits: rule.optional(rule.object()),
    limitsOf: rule.optional(rule.object()),
    servicesMax: rule.optional(rule.int(1)),
  })
  const settings: Required<ServicesOptions> = { ...servicesDefaults, ...options }
  checkOptions('breaker', settings.breaker, breakerRules)
  checkOptions('limits', settings.limits, serviceLimitsRules)
  for (const [service, limits] of Object.entries(settings.limitsOf)) {
    checkOptions(`limitsOf.${service}`, limits, serviceLimitsRules)
  }
  return new DirectoryServices(port, directory, settings)
}

/** An instance this node registered. */
interface OwnInstance {
  readonly place: RecordPlace
  readonly address: ActorAddress
  readonly said: Required<InstanceOptions>
  readonly health: HealthLoop | undefined
  readonly isHealthy: boolean
}

/** How long after the engine did not answer what was taken back is registered again. */
const againMs = 500

class DirectoryServices implements Services, DrainPart {
  readonly #port: NodePort
  readonly #directory: Directory
  readonly #index = new ServiceIndex()
  readonly #calls: ServiceCalls
  readonly #own = new Map<string, OwnInstance>()
  readonly #endNews: () => void
  readonly #endLost: () => void
  /** Set while this node is drained: others find none of its instances. */
  #onDrain: (() => void) | undefined
  #closing: Promise<void> | undefined

  constructor(port: NodePort, directory: Directory, settings: Required<ServicesOptions>) {
    this.#port = port
    this.#directory = directory
    this.#calls = new ServiceCalls(port, this.#index, {
      callActor: settings.callActor,
      breaker: { ...breakerDefaults, ...settings.breaker },
      limitsOf: (service) => ({
        ...serviceLimitsDefaults,
        ...settings.limits,
        ...(Object.hasOwn(settings.limitsOf, service) && settings.limitsOf[service]),
      }),
      servicesMax: settings.servicesMax,
    })
    this.#endNews = directory.records.onChange((change) => this.#onChange(change))
    this.#endLost = directory.records.onLost(({ key }) => this.#forgetOwn(key))
    for (const record of directory.records.all()) this.#onChange({ key: record.key, before: undefined, record })
  }

  async register(service: string, address: ActorAddress, options: RegisterServiceOptions = {}): Promise<void> {
    this.#throwIfClosed()
    const rules = { ...instanceRules, ...healthRules, check: rule.optional(rule.fn()) }
    checkOptions('services.register', options, rules)
    const { check, checkMs, checkTimeoutMs, failuresMax, successesMin, ...said } = {
      ...instanceDefaults,
      ...healthDefaults,
      check: undefined,
      ...options,
    }
    const place = servicePlace(service, address)
    // On a node that is drained it is registered once that is taken back.
    if (this.#onDrain === undefined) await this.#write(place, address, { ...said, isHealthy: true })
    this.#forgetOwn(place.key)
    const health =
      check === undefined
        ? undefined
        : new HealthLoop(
            this.#port.clock,
            { checkMs, checkTimeoutMs, failuresMax, successesMin },
            { check, onTurn: (isHealthy) => void this.#onHealth(place.key, isHealthy) },
          )
    this.#own.set(place.key, { place, address, said, health, isHealthy: true })
  }

  async deregister(service: string, address: ActorAddress): Promise<void> {
    const { key } = servicePlace(service, address)
    this.#forgetOwn(key)
    await this.#directory.records.release(key)
  }

  discover(query: ServiceQuery = {}): readonly ServiceInstance[] {
    return this.#index.find(query)
  }

  service(name: string): ServiceRef {
    return { name, call: (call, input, options) => this.#call({ service: name, call, input }, options) }
  }

  breakerPhase(instanceId: string): 'closed' | 'open' | 'half-open' {
    return this.#calls.breakerPhase(instanceId)
  }

  export(): RegistryDocument {
    return registryDocument(this.#index.all())
  }

  async import(document: unknown): Promise<ImportedRegistry> {
    this.#throwIfClosed()
    const counts = { imported: 0, skipped: 0 }
    for (const { service, address, ...said } of readRegistry(document)) {
      const place = servicePlace(service, address)
      try {
        await this.#write(place, address, { ...said, isHealthy: true })
        this.#own.set(place.key, { place, address, said, health: undefined, isHealthy: true })
        counts.imported++
      } catch (thrown) {
        if (!hasCode(thrown, 'foundation/name-taken')) throw thrown
        counts.skipped++
      }
    }
    return counts
  }

  drain(onChange: () => void): void {
    this.#onDrain = onChange
    // One that can't be removed now is removed later by the directory.
    for (const key of this.#own.keys()) this.#directory.records.release(key).then(onChange, onChange)
  }

  undrain(): void {
    this.#onDrain = undefined
    for (const key of this.#own.keys()) void this.#registerAgain(key)
  }

  get left(): DrainLeft {
    return { ...nothingLeft, registrations: [...this.#own.keys()].filter((key) => this.#index.get(key)).length }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#endNews()
    this.#endLost()
    const keys = [...this.#own.keys()]
    for (const key of keys) this.#forgetOwn(key)
    // What can't be removed now goes when the directory closes, or is swept after.
    await Promise.allSettled(keys.map((key) => this.#directory.records.release(key)))
  }

  #throwIfClosed(): void {
    if (this.#closing !== undefined) throw clusterPartClosed('services', this.#port.name)
  }

  async #call(
    what: Pick<ServiceCall, 'service' | 'call' | 'input'>,
    options: ServiceCallOptions = {},
  ): Promise<unknown> {
    this.#throwIfClosed()
    checkOptions('service.call', options, {
      balance: rule.optional(isBalance),
      key: rule.optional(rule.string()),
      capabilities: rule.optional(rule.array()),
      retry: rule.optional(rule.object()),
      timeoutMs: rule.optional(rule.number(1)),
      signal: rule.optional(rule.object()),
      idempotencyKey: rule.optional(rule.string()),
    })
    if (options.retry !== undefined) checkRetryPolicy(options.retry)
    const none = { signal: undefined, idempotencyKey: undefined }
    return await this.#calls.run({ ...serviceCallDefaults, ...none, ...options, ...what })
  }

  async #write(place: RecordPlace, address: ActorAddress, record: InstanceRecord): Promise<void> {
    await this.#directory.records.claim(place, address, record as unknown as Json)
  }

  #forgetOwn(key: string): void {
    this.#own.get(key)?.health?.close()
    this.#own.delete(key)
  }

  /** Until it is, or is not wanted any more. Never rejects. */
  async #registerAgain(key: string): Promise<void> {
    for (;;) {
      const own = this.#own.get(key)
      if (own === undefined || this.#onDrain !== undefined || this.#closing !== undefined) return
      const { place, address, said, isHealthy } = own
      try {
        return await this.#write(place, address, { ...said, isHealthy })
      } catch (thrown) {
        this.#report('directory-write-failed', { key, message: messageOf(thrown) })
        await delay(this.#port.clock, againMs)
      }
    }
  }

  /** Never rejects. */
  async #onHealth(key: string, isHealthy: boolean): Promise<void> {
    const own = this.#own.get(key)
    if (own === undefined) return
    const { place, address, said } = own
    this.#own.set(key, { ...own, isHealthy })
    if (this.#onDrain !== undefined) return
    this.#report('instance-health-changed', { service: place.of, instance: key, healthy: String(isHealthy) })
    try {
      await this.#write(place, address, { ...said, isHealthy })
    } catch (thrown) {
      this.#report('directory-write-failed', { key, message: messageOf(thrown) })
    }
  }

  #onChange({ key, record, before }: RecordChange): void {
    if ((record ?? before)?.kind !== 'service') return
    if (record === undefined) {
      this.#index.remove(key)
      this.#calls.forget(key)
      this.#onDrain?.()
      return
    }
    try {
      const instance = instanceOf(record)
      // Another life of the actor: what was known of the one before does not hold.
      if (before !== undefined && before.epoch !== record.epoch) this.#calls.forget(key)
      this.#index.put(instance)
    } catch (thrown) {
      this.#report('directory-record-unreadable', { key, message: messageOf(thrown) })
    }
  }

  #report(event: string, metadata: { readonly [name: string]: string }): void {
    const { telemetry, name } = this.#port
    if (!telemetry.enabled) return
    telemetry.emit({ name: `foundation.${event}`, measurements: { count: 1 }, metadata: { node: name, ...metadata } })
  }
}

const isBalance = {
  expected: `a function, or one of ${Object.keys(balancers).join(', ')}`,
  test: (value: unknown) => typeof value === 'function' || Object.hasOwn(balancers, String(value)),
  optional: false,
}
