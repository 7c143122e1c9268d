/** What one node lets through to one service: the bulkhead and the bucket, and those that wait for their turn. */

import type { Clock } from '../clock.ts'
import { bulkheadFull, rateLimited } from '../errors/cluster-errors.ts'
import { rule } from '../options.ts'
import { type BulkheadEvent, type BulkheadOptions, bulkheadDefaults, bulkheadStep, newBulkhead } from './bulkhead.ts'
import { type BucketOptions, type BucketState, bucketDefaults, bucketStep, newBucket } from './token-bucket.ts'

export interface ServiceLimits extends BulkheadOptions, BucketOptions {}

export const serviceLimitsDefaults = {
  ...bulkheadDefaults,
  ...bucketDefaults,
} as const satisfies Required<ServiceLimits>

export const serviceLimitsRules = {
  concurrencyMax: rule.optional(rule.int(1)),
  waitingMax: rule.optional(rule.int(0)),
  ratePerSec: rule.optional(rule.number(Number.MIN_VALUE)),
  burst: rule.optional(rule.number(1)),
}

export class ServiceGate {
  readonly #service: string
  readonly #clock: Clock
  readonly #limits: Required<ServiceLimits>
  readonly #waiting = new Map<number, PromiseWithResolvers<void>>()
  #bulkhead = newBulkhead
  #bucket: BucketState
  #lastId = 0

  constructor(service: string, clock: Clock, limits: Required<ServiceLimits>) {
    this.#service = service
    this.#clock = clock
    this.#limits = limits
    this.#bucket = newBucket(limits, clock.monotonicMs())
  }

  get isIdle(): boolean {
    return this.#bulkhead.running === 0
  }

  /**
   * Runs when it is its turn. Rejects with `foundation/rate-limited`, `foundation/bulkhead-full`, and with
   * `signal.reason` when it aborts while waiting.
   */
  async pass<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted()
    const [bucket, decision] = bucketStep(this.#bucket, this.#clock.monotonicMs(), this.#limits)
    this.#bucket = bucket
    if (decision.type === 'refuse') throw rateLimited(this.#service, decision.retryAfterMs)
    await this.#enter(signal)
    try {
      return await run()
    } finally {
      this.#take({ type: 'ended' })
    }
  }

  async #enter(signal: AbortSignal): Promise<void> {
    const id = ++this.#lastId
    const turn = Promise.withResolvers<void>()
    this.#waiting.set(id, turn)
    const onAbort = () => {
      // Its turn may have come in the same moment; then it runs, and finds the signal aborted.
      if (!this.#waiting.delete(id)) return
      this.#take({ type: 'given-up', id })
      turn.reject(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    this.#take({ type: 'ask', id })
    try {
      await turn.promise
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  #take(event: BulkheadEvent): void {
    const [state, command] = bulkheadStep(this.#bulkhead, event, this.#limits)
    this.#bulkhead = state
    if (command === undefined) return
    const turn = this.#waiting.get(command.id)
    this.#waiting.delete(command.id)
    if (command.type === 'run') turn?.resolve()
    else turn?.reject(bulkheadFull(this.#service, this.#limits.concurrencyMax, this.#limits.waitingMax))
  }
}
