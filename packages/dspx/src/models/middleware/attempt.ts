/** Attempts: one event for each try over the network. Under retry, so that nothing a provider was asked is silent. */

import {
  type Clock,
  checkOptions,
  isMabeamError,
  rule,
  silentTelemetry,
  systemClock,
  type Telemetry,
} from '@mabeam/foundation'
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
  checkOptions('attemptMiddleware', options, {
    clock: rule.optional(rule.having('monotonicMs')),
    telemetry: rule.optional(rule.having('emit')),
  })
  const { clock = systemClock, telemetry = silentTelemetry } = options
  return (model) => {
    const { modelId } = model
    const tell = ({ attempt, startMs, form }: Begun, { tokens, metadata }: AttemptEnd) =>
      telemetry.emit({
        name: 'dspx.model-attempt-ended',
        measurements: { attempt, durationMs: clock.monotonicMs() - startMs, tokensIn: tokens[0], tokensOut: tokens[1] },
        metadata: { modelId, form, ...metadata },
      })
    return watchedCalls(model, (call, form) => {
      if (!telemetry.enabled) return {}
      const attempt = Number(call.providerOptions?.mabeam?.attempt ?? 1)
      const begun: Begun = { attempt, startMs: clock.monotonicMs(), form }
      return {
        answered: ({ usage, finishReason }) => {
          const tokens = [usage.inputTokens.total ?? 0, usage.outputTokens.total ?? 0] as const
          tell(begun, { tokens, metadata: { outcome: 'answered', finishReason: finishReason.unified } })
          return undefined
        },
        failed: (thrown) => {
          tell(begun, { tokens: [0, 0], metadata: attemptFailure(thrown) })
          return thrown
        },
      }
    })
  }
}

interface Begun {
  readonly attempt: number
  readonly startMs: number
  readonly form: 'whole' | 'stream'
}

interface AttemptEnd {
  readonly tokens: readonly [tokensIn: number, tokensOut: number]
  readonly metadata: { readonly [name: string]: string | number }
}

/** How an attempt failed, as events tell it. */
export function attemptFailure(thrown: unknown): { readonly [name: string]: string | number } {
  if (!isMabeamError(thrown)) return { outcome: 'aborted' }
  const { status } = thrown.data
  return { outcome: 'failed', code: thrown.code, ...(typeof status === 'number' && { status }) }
}
