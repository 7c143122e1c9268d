/** Retry: overload, failures of the provider and timeouts are tried again; each attempt is counted and told of. */

import {
  type Clock,
  checkOptions,
  checkRetryPolicy,
  isMabeamError,
  type Random,
  type RetryPolicy,
  rule,
  seededRandom,
  silentTelemetry,
  systemClock,
  type Telemetry,
} from '@mabeam/foundation'
import { withData } from '../../error-data.ts'
import { asAttempt } from '../call-options.ts'
import { type CountedAnswer, countedRetry } from '../counted-retry.ts'
import { layered, type Middleware, type ModelCall, type ModelStream } from '../language-model.ts'
import { openedStream, tapStream } from '../model-stream.ts'
import { withMetadata } from '../usage.ts'

/** How often and when a call is tried again. */
export interface RetryMiddlewareOptions {
  /** @default retryPolicyDefaults of foundation: 4 attempts, 0.5 s to 30 s between them */
  readonly policy?: RetryPolicy
  /** @default systemClock */
  readonly clock?: Clock
  /** Jitter. @default seededRandom('retry') */
  readonly random?: Random
  /** @default silentTelemetry */
  readonly telemetry?: Telemetry
}

/**
 * Tries again what failed with a retryable error (429, 5xx, network, timeout), no sooner than the provider asked
 * (`retry-after`). The number of retries and what the tries
 * before failed of go into `providerMetadata.mabeam`, or into the data of the error. A stream is
 * tried again only while it had no content.
 *
 * @example retryMiddleware({ policy: { attemptsMax: 2 } })(model)
 */
export function retryMiddleware(options: RetryMiddlewareOptions = {}): Middleware {
  checkOptions('retryMiddleware', options, {
    policy: rule.optional(rule.record()),
    clock: rule.optional(rule.having('setTimer')),
    random: rule.optional(rule.having('next')),
    telemetry: rule.optional(rule.having('emit')),
  })
  const { policy = {}, clock = systemClock, random = seededRandom('retry'), telemetry = silentTelemetry } = options
  checkRetryPolicy(policy)
  return (model) => {
    const tried = <A>(call: ModelCall, attempt: (which: ModelCall) => Promise<A>) =>
      countedRetry(
        { modelId: model.modelId, signal: call.abortSignal, attempt: (which) => attempt(asAttempt(call, which)) },
        { policy, clock, random, telemetry },
      )
    return layered(model, {
      doGenerate: async (call) => {
        const { answer, ...retried } = await tried(call, async (one) => await model.doGenerate(one))
        return retried.retries === 0 ? answer : withMetadata(answer, retried)
      },
      doStream: async (call) => {
        const { answer, ...retried } = await tried(call, async (one) => await openedStream(await model.doStream(one)))
        return retried.retries === 0 ? answer : countedStream(answer, retried)
      },
    })
  }
}

function countedStream(opened: ModelStream, retried: Omit<CountedAnswer<unknown>, 'answer'>): ModelStream {
  const { retries, retriedAfter } = retried
  return tapStream(opened, {
    part: (part) => (part.type === 'finish' ? withMetadata(part, retried) : part),
    failed: (thrown) =>
      isMabeamError(thrown)
        ? withData(thrown, { retries, retriedAfter: retriedAfter.map((one) => ({ ...one })) })
        : thrown,
  })
}
