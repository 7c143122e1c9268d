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
  LanguageModelV4StreamPart,
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
/** One piece of it: some text, a tool call, the end with the usage. */
export type StreamPart = LanguageModelV4StreamPart
/** System, user and assistant messages in order. */
export type Prompt = LanguageModelV4Prompt
/** One message of a prompt. */
export type PromptMessage = LanguageModelV4Message

/**
 * A model around a model: cache, retry, timeout, usage. Applied from the inside out, to whole answers and to streams.
 *
 * @example const careful: Middleware = (model) => retryMiddleware(policy)(timeoutMiddleware({ timeoutMs: 5_000 })(model))
 */
export type Middleware = (model: LanguageModel) => LanguageModel

/** What a layer does instead of the model under it. */
export interface ModelLayer {
  doGenerate(call: ModelCall): Promise<ModelAnswer>
  doStream(call: ModelCall): Promise<ModelStream>
}

/**
 * The model with another `doGenerate` and `doStream`, and the rest as it was.
 *
 * @example layered(model, { doGenerate: (call) => counted(model.doGenerate(call)), doStream: (call) => model.doStream(call) })
 */
export function layered(model: LanguageModel, layer: ModelLayer): LanguageModel {
  return {
    specificationVersion: 'v4',
    provider: model.provider,
    modelId: model.modelId,
    get supportedUrls() {
      return model.supportedUrls
    },
    doGenerate: layer.doGenerate,
    doStream: layer.doStream,
  }
}

/** The text parts of an answer, joined. */
export function answerText(answer: ModelAnswer): string {
  if (answer.structuredOutputText !== undefined) return answer.structuredOutputText
  let text = ''
  for (const part of answer.content) if (part.type === 'text') text += part.text
  return text
}
