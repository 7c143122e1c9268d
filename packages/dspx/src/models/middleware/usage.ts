/** Usage: the price of each answer, and one event for each call. The outermost middleware: it sees cached answers too. */

import { checkOptions, isMabeamError, rule, silentTelemetry, type Telemetry } from '@mabeam/foundation'
import type { Middleware } from '../language-model.ts'
import { checkPrice, type Price, priceUsd } from '../price-table.ts'
import { type AnswerMetadata, answerMetadata } from '../usage.ts'
import { type AnswerEnd, watchedCalls } from '../watched-calls.ts'

/** How answers are priced and told of. */
export interface UsageOptions {
  /** The price where the model declares none itself. @default none: the cost stays unknown */
  readonly price?: Price
  /** @default silentTelemetry */
  readonly telemetry?: Telemetry
}

/**
 * Puts `costUsd` into `providerMetadata.mabeam` where the model did not declare it, and emits `dspx.call-completed` or
 * `dspx.call-failed`; of a stream at its end.
 *
 * @example usageMiddleware({ price: { usdPerMillionTokensIn: 1, usdPerMillionTokensOut: 2 } })(model)
 */
export function usageMiddleware(options: UsageOptions = {}): Middleware {
  checkOptions('usageMiddleware', options, {
    price: rule.optional(rule.record()),
    telemetry: rule.optional(rule.having('emit')),
  })
  const { price, telemetry = silentTelemetry } = options
  if (price !== undefined) checkPrice('usageMiddleware: price', price)
  return (model) => {
    const watch = {
      answered: (end: AnswerEnd) => {
        const declared = answerMetadata(end)
        const costUsd = declared.costUsd ?? (price && priceUsd(price, end.usage))
        const metadata = { ...declared, ...(costUsd !== undefined && { costUsd }) }
        if (telemetry.enabled) emitCompleted(telemetry, model.modelId, { end, metadata })
        return costUsd === declared.costUsd ? undefined : metadata
      },
      failed: (thrown: unknown) => {
        if (telemetry.enabled) emitFailed(telemetry, model.modelId, thrown)
        return thrown
      },
    }
    return watchedCalls(model, () => watch)
  }
}

function emitCompleted(
  telemetry: Telemetry,
  modelId: string,
  { end, metadata }: { readonly end: AnswerEnd; readonly metadata: AnswerMetadata },
): void {
  const { latencyMs, firstPartMs, costUsd, retries = 0, cached = false, notKept } = metadata
  telemetry.emit({
    name: 'dspx.call-completed',
    measurements: {
      tokensIn: end.usage.inputTokens.total ?? 0,
      tokensOut: end.usage.outputTokens.total ?? 0,
      retries,
      ...(latencyMs !== undefined && { latencyMs }),
      ...(firstPartMs !== undefined && { firstPartMs }),
      ...(costUsd !== undefined && { costUsd }),
    },
    metadata: {
      modelId,
      cached,
      finishReason: end.finishReason.unified,
      warnings: warningsOf(end),
      ...(notKept !== undefined && { notKept }),
    },
  })
}

/** What the provider left out or changed of what it was asked: an unsupported temperature, say. */
export function warningsOf({ warnings }: Pick<AnswerEnd, 'warnings'>): string[] {
  return warnings.map((warning) => {
    if (warning.type === 'other') return warning.message
    const subject = 'feature' in warning ? warning.feature : warning.type
    return 'details' in warning && warning.details !== undefined ? `${subject}: ${warning.details}` : subject
  })
}

function emitFailed(telemetry: Telemetry, modelId: string, thrown: unknown): void {
  const known = isMabeamError(thrown)
  const retries = known && typeof thrown.data.retries === 'number' ? thrown.data.retries : 0
  const code = known ? thrown.code : 'aborted-or-unknown'
  telemetry.emit({ name: 'dspx.call-failed', measurements: { retries }, metadata: { modelId, code } })
}
