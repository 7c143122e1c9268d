/** Answers of a language model in the shape of the OpenAI chat completions API. */

import type {
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
} from '@ai-sdk/provider'

/** What all parts of one answer share. */
export interface ResponseHead {
  readonly id: string
  /** Seconds since the Unix epoch. */
  readonly created: number
  readonly model: string
}

/** A whole answer. The member `mabeam` holds the declared cost and latency. */
export function completionBody(head: ResponseHead, result: LanguageModelV4GenerateResult): object {
  const text = result.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
  return {
    ...head,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text },
        logprobs: null,
        finish_reason: finishReason(result.finishReason),
      },
    ],
    usage: usageBody(result.usage),
    ...extras(result.providerMetadata),
  }
}

/** One chunk of a streamed answer, or `undefined` for parts that the API has no chunk for. */
export function chunkBody(head: ResponseHead, part: LanguageModelV4StreamPart): object | undefined {
  const chunk = { ...head, object: 'chat.completion.chunk' }
  switch (part.type) {
    case 'stream-start':
      return { ...chunk, choices: [choice({ role: 'assistant', content: '' }, null)] }
    case 'text-delta':
      return { ...chunk, choices: [choice({ content: part.delta }, null)] }
    case 'finish':
      return { ...chunk, choices: [choice({}, finishReason(part.finishReason))] }
    default:
      return undefined
  }
}

/** The chunk after the last one, which says what the answer took. */
export function usageChunk(head: ResponseHead, part: LanguageModelV4StreamPart & { readonly type: 'finish' }): object {
  const chunk = { ...head, object: 'chat.completion.chunk', choices: [] }
  return { ...chunk, usage: usageBody(part.usage), ...extras(part.providerMetadata) }
}

function choice(delta: object, reason: string | null): object {
  return { index: 0, delta, logprobs: null, finish_reason: reason }
}

function usageBody(usage: LanguageModelV4Usage): object {
  const prompt_tokens = usage.inputTokens.total ?? 0
  const completion_tokens = usage.outputTokens.total ?? 0
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
}

function finishReason({ unified }: LanguageModelV4FinishReason): 'stop' | 'length' {
  return unified === 'length' ? 'length' : 'stop'
}

function extras(metadata: SharedV4ProviderMetadata | undefined): object {
  return metadata?.mabeam ? { mabeam: metadata.mabeam } : {}
}
