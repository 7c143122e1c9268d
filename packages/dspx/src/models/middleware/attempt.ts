/** Attempts: one event for each try over the network. Under retry, so that nothing a provider was asked is silent. */

import { type Clock, isMabeamError, silentTelemetry, systemClock, type Telemetry } from '@mabeam/foundation'
import type { Middleware } from '../language-model.ts'
import { watchedCalls } from '../watched-calls.ts'

/** What attempts are told of by. */
export interface AttemptOptions {
  /** @default systemClock */
  readonly clock?: Clock
  /** @default silentTelemetry */
  readonly telemetry?: Telemetry
}

/**
 * Emits `dspx.model-attempt-ended` for each call that reaches the model under it.
 *
 * @example attemptMiddleware({ telemetry: consoleTelemetry() })(model)
 */
export function attemptMiddleware(options: AttemptOptions = {}): Middleware {
  const { clock = systemClock, telemetry = silentTelemetry } = options
  return (model) =>
    watchedCalls(model, (_, form) => {
      if (!telemetry.enabled) return {}
      const startMs = clock.monotonicMs()
      const name = 'dspx.model-attempt-ended'
      const { modelId } = model
      const durationMs = () => clock.monotonicMs() - startMs
      return {
        answered: ({ usage, finishReason }) => {
          const tokensIn = usage.inputTokens.total ?? 0
          const tokensOut = usage.outputTokens.total ?? 0
          const measurements = { durationMs: durationMs(), tokensIn, tokensOut }
          const metadata = { modelId, form, outcome: 'answered', finishReason: finishReason.unified }
          telemetry.emit({ name, measurements, metadata })
          return undefined
        },
        failed: (thrown) => {
          const known = isMabeamError(thrown)
          const status = known && typeof thrown.data.status === 'number' ? { status: thrown.data.status } : {}
          const outcome = known ? 'failed' : 'aborted'
          const code = known ? { code: thrown.code } : {}
          telemetry.emit({
            name,
            measurements: { durationMs: durationMs(), tokensIn: 0, tokensOut: 0 },
            metadata: { modelId, form, outcome, ...status, ...code },
          })
          return thrown
        },
      }
    })
}
