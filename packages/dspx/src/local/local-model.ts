/**
 * The embedded local model: an in-context learner that needs no key, no network and no download. It reads the rendered
 * prompt, scores the allowed values by what it finds there, and answers free text with a phrase of the input. It knows
 * nothing but the prompt, so demonstrations, instructions, format and size truly decide how well it answers. It is not a
 * neural network; its price and latency are declared constants.
 */

import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
  LanguageModelV4Usage,
} from '@ai-sdk/provider'
import {
  type Clock,
  checkOptions,
  definedOptions,
  delay,
  type Random,
  rule,
  seededRandom,
  show,
  systemClock,
  unknownName,
} from '@mabeam/foundation'
import { type Completion, LocalReader } from './local-reader.ts'
import { declaredUsage, firstTokenMs, type LocalSize, type LocalSizeInfo, localSizes } from './sizes.ts'
import { countTokens, tokenPieces } from './tokens.ts'

/** How a local model behaves. */
export interface LocalModelOptions {
  /** Wait on the clock for as long as the size is declared to take. @default false */
  readonly realLatency?: boolean
  /** @default systemClock */
  readonly clock?: Clock
  /** Draws at temperatures above 0 in calls without a seed. @default seededRandom('local') */
  readonly random?: Random
  /** Constant parts of prompts whose reading is remembered. @default 32 */
  readonly prefixesMax?: number
}

export const localModelDefaults = {
  realLatency: false,
  clock: systemClock,
  prefixesMax: 32,
} as const satisfies LocalModelOptions

/**
 * The embedded local model of a size.
 *
 * Temperature 0 is the default and always answers the same; above it a seed repeats exactly. `maxOutputTokens`,
 * `stopSequences`, `topP`, `topK` and `responseFormat` are honoured, what is not is named in `warnings`.
 * `providerMetadata.mabeam` holds the declared `latencyMs` and `costUsd`.
 *
 * Throws: `foundation/unknown-name` for another size, `foundation/invalid-option`.
 * @example await localModel('small').doGenerate({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'Is this billing or tech?' }] }] })
 */
export function localModel(size: LocalSize, options: LocalModelOptions = {}): LanguageModelV4 {
  if (typeof size !== 'string' || !Object.hasOwn(localSizes, size)) {
    throw unknownName('localModel', 'size', typeof size === 'string' ? size : show(size), Object.keys(localSizes))
  }
  checkOptions('localModel', options, {
    realLatency: rule.optional(rule.boolean()),
    clock: rule.optional(rule.having('setTimer')),
    random: rule.optional(rule.object()),
    prefixesMax: rule.optional(rule.int(1, 10_000)),
  })
  const settings = { random: seededRandom('local'), ...localModelDefaults, ...definedOptions(options) }
  const info = localSizes[size]
  const reader = new LocalReader(info, settings)
  return {
    specificationVersion: 'v4',
    provider: 'local',
    modelId: size,
    supportedUrls: {},
    doGenerate: async (call) => {
      call.abortSignal?.throwIfAborted()
      const answer = finished(reader.complete(call), call, info)
      if (settings.realLatency) await delay(settings.clock, answer.latencyMs, call.abortSignal)
      return generated(answer, info)
    },
    doStream: async (call) => {
      call.abortSignal?.throwIfAborted()
      const answer = finished(reader.complete(call), call, info)
      return streamed(answer, { info, call, ...(settings.realLatency && { clock: settings.clock }) })
    },
  }
}

/** A completion after the call's limits, with what it is declared to cost. */
interface FinishedAnswer extends Completion {
  readonly finishReason: LanguageModelV4FinishReason
  readonly tokensOut: number
  readonly costUsd: number
  readonly latencyMs: number
}

function finished(completion: Completion, call: LanguageModelV4CallOptions, info: LocalSizeInfo): FinishedAnswer {
  let { text } = completion
  for (const stop of call.stopSequences ?? []) {
    const at = stop === '' ? -1 : text.indexOf(stop)
    if (at >= 0) text = text.slice(0, at)
  }
  let unified: 'stop' | 'length' = 'stop'
  if (call.maxOutputTokens !== undefined && countTokens(text) > call.maxOutputTokens) {
    text = tokenPieces(text).slice(0, call.maxOutputTokens).join('')
    unified = 'length'
  }
  const tokensOut = countTokens(text)
  const usage = declaredUsage(info, { tokensIn: completion.tokensIn, tokensOut })
  return { ...completion, text, finishReason: { unified, raw: unified }, tokensOut, ...usage }
}

function generated(answer: FinishedAnswer, info: LocalSizeInfo): LanguageModelV4GenerateResult {
  return {
    content: [{ type: 'text', text: answer.text }],
    finishReason: answer.finishReason,
    usage: usageOf(answer),
    providerMetadata: metadataOf(answer),
    response: { modelId: info.size },
    warnings: [...answer.warnings],
  }
}

function usageOf({ tokensIn, tokensOut }: FinishedAnswer): LanguageModelV4Usage {
  return {
    inputTokens: { total: tokensIn, noCache: tokensIn, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: tokensOut, text: tokensOut, reasoning: 0 },
  }
}

function metadataOf({ latencyMs, costUsd, demonstrations, demonstrationsDropped }: FinishedAnswer) {
  return { mabeam: { latencyMs, costUsd, declared: true, demonstrations, demonstrationsDropped } }
}

interface StreamOptions {
  readonly info: LocalSizeInfo
  readonly call: LanguageModelV4CallOptions
  /** Waits for the declared latency where given. */
  readonly clock?: Clock
}

/** Token by token, as the reader pulls; cancelling the stream or aborting the call ends it. */
function streamed(answer: FinishedAnswer, options: StreamOptions): LanguageModelV4StreamResult {
  const parts = streamParts(answer, options)
  return {
    stream: new ReadableStream<LanguageModelV4StreamPart>({
      async pull(controller) {
        try {
          const next = await parts.next()
          if (next.done) controller.close()
          else controller.enqueue(next.value)
        } catch (thrown) {
          controller.error(thrown)
        }
      },
      async cancel() {
        await parts.return(undefined)
      },
    }),
  }
}

async function* streamParts(
  answer: FinishedAnswer,
  { info, call, clock }: StreamOptions,
): AsyncGenerator<LanguageModelV4StreamPart, undefined> {
  const wait = async (delayMs: number) => {
    if (clock) await delay(clock, delayMs, call.abortSignal)
    call.abortSignal?.throwIfAborted()
  }
  const id = '0'
  yield { type: 'stream-start', warnings: [...answer.warnings] }
  yield { type: 'response-metadata', modelId: info.size }
  await wait(firstTokenMs(info, answer.tokensIn))
  yield { type: 'text-start', id }
  for (const piece of tokenPieces(answer.text)) {
    await wait(info.latencyMsPerTokenOut)
    yield { type: 'text-delta', id, delta: piece }
  }
  yield { type: 'text-end', id }
  yield {
    type: 'finish',
    usage: usageOf(answer),
    finishReason: answer.finishReason,
    providerMetadata: metadataOf(answer),
  }
}
