/** Usage: the price of each answer, and one event for each call. The outermost middleware: it sees cached answers too. */

import { isMabeamError, silentTelemetry, type Telemetry } from '@mabeam/foundation'
import { aroundGenerate, type Middleware, type ModelAnswer } from '../language-model.ts'
import { type Price, priceUsd } from '../price-table.ts'
import { answerMetadata, withAnswerMetadata } from '../usage.ts'

/** How answers are priced and told of. */
export interface UsageOptions {
  /** The price where the model declares none itself. @default none: the cost stays unknown */
  readonly price?: Price
  /** @default silentTelemetry */
  readonly telemetry?: Telemetry
}

/**
 * Puts `costUsd` into `providerMetadata.mabeam` where the model did not declare it, and emits `dspx.call-completed` or
 * `dspx.call-failed`.
 *
 * @example usageMiddleware({ price: { usdPerMillionTokensIn: 1, usdPerMillionTokensOut: 2 } })(model)
 */
export function usageMiddleware(options: UsageOptions = {}): Middleware {
  const { price, telemetry = silentTelemetry } = options
  return (model) =>
    aroundGenerate(model, async (call) => {
      try {
        const answer = priced(await model.doGenerate(call), price)
        if (telemetry.enabled) emitCompleted(telemetry, model.modelId, answer)
        return answer
      } catch (thrown) {
        if (telemetry.enabled) emitFailed(telemetry, model.modelId, thrown)
        throw thrown
      }
    })
}

function priced(answer: ModelAnswer, price: Price | undefined): ModelAnswer {
  if (price === undefined || answerMetadata(answer).costUsd !== undefined) return answer
  const costUsd = priceUsd(price, answer.usage)
  return costUsd === undefined ? answer : withAnswerMetadata(answer, { costUsd })
}

function emitCompleted(telemetry: Telemetry, modelId: string, answer: ModelAnswer): void {
  const { latencyMs, costUsd, retries = 0, cached = false } = answerMetadata(answer)
  telemetry.emit({
    name: 'dspx.call-completed',
    measurements: {
      tokensIn: answer.usage.inputTokens.total ?? 0,
      tokensOut: answer.usage.outputTokens.total ?? 0,
      retries,
      ...(latencyMs !== undefined && { latencyMs }),
      ...(costUsd !== undefined && { costUsd }),
    },
    metadata: { modelId, cached, finishReason: answer.finishReason.unified, warnings: warningsOf(answer) },
  })
}

/** What the provider left out or changed of what it was asked: an unsupported temperature, say. */
function warningsOf(answer: ModelAnswer): string[] {
  return answer.warnings.map((warning) => {
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
