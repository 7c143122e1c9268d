/**
 * What a model is: the AI SDK provider specification, version 4. A provider's `doGenerate` is called directly, so
 * every AI SDK provider is a model of ours and our models work in any AI SDK program.
 */

import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4StreamResult,
} from '@ai-sdk/provider'

/** A model: the AI SDK provider specification as it is. */
export type LanguageModel = LanguageModelV4
/** What a model is asked: the prompt and the sampling parameters. */
export type ModelCall = LanguageModelV4CallOptions
/** What a model answers. */
export type ModelAnswer = LanguageModelV4GenerateResult
/** What a model answers piece by piece. */
export type ModelStream = LanguageModelV4StreamResult
/** System, user and assistant messages in order. */
export type Prompt = LanguageModelV4Prompt
/** One message of a prompt. */
export type PromptMessage = LanguageModelV4Message

/**
 * A model around a model: cache, retry, timeout, usage. Applied from the inside out.
 *
 * @example const careful: Middleware = (model) => retryMiddleware(policy)(timeoutMiddleware({ timeoutMs: 5_000 })(model))
 */
export type Middleware = (model: LanguageModel) => LanguageModel

/**
 * A model with another `doGenerate` and everything else, streaming too, as it was.
 *
 * @example aroundGenerate(model, async (call) => { count += 1; return model.doGenerate(call) })
 */
export function aroundGenerate(
  model: LanguageModel,
  doGenerate: (call: ModelCall) => Promise<ModelAnswer>,
): LanguageModel {
  return {
    specificationVersion: 'v4',
    provider: model.provider,
    modelId: model.modelId,
    get supportedUrls() {
      return model.supportedUrls
    },
    doGenerate,
    doStream: (call) => model.doStream(call),
  }
}

/** The text parts of an answer, joined. */
export function answerText(answer: ModelAnswer): string {
  if (answer.structuredOutputText !== undefined) return answer.structuredOutputText
  let text = ''
  for (const part of answer.content) if (part.type === 'text') text += part.text
  return text
}
