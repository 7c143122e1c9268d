/** What a provider says on the wire and what it means: the form of the fixtures of all providers. */

import type { FailureReason } from '../errors.ts'
import type { LanguageModel } from '../language-model.ts'
import type { ProviderOptions } from './provider-models.ts'
import type { WireReply } from './provider-server.fixture.ts'

/** What an answer is to be read as, whole and as a stream. */
export interface ExpectedAnswer {
  readonly text: string
  readonly toolCalls?: readonly { readonly toolName: string; readonly input: unknown }[]
  readonly finishReason: string
  readonly tokensIn: number
  readonly tokensOut: number
  readonly cacheRead?: number
  readonly reasoningTokens?: number
}

/** One answer in both forms. */
export interface WireAnswer {
  readonly name: string
  readonly whole: WireReply
  readonly stream: WireReply
  readonly expected: ExpectedAnswer
}

/** One refusal of a request. */
export interface WireFailure {
  readonly name: string
  readonly reply: WireReply
  readonly reason: FailureReason
  readonly retryable: boolean
  readonly retryAfterMs?: number
}

/** Everything of one provider. */
export interface ProviderWire {
  readonly name: string
  readonly path: RegExp
  readonly model: (url: string, options: ProviderOptions) => LanguageModel
  readonly answers: readonly WireAnswer[]
  readonly failures: readonly WireFailure[]
  /** A stream that reports an error after it has begun with `text`. */
  readonly brokenStream: { readonly reply: WireReply; readonly text: string }
  /** A stream that reports an overload before its first content. */
  readonly overloadedStream: WireReply
}

/** The tool that the fixtures call. */
export const weatherTool = {
  type: 'function' as const,
  name: 'weather',
  description: 'The weather of a city.',
  inputSchema: { type: 'object' as const, properties: { city: { type: 'string' as const } }, required: ['city'] },
}
