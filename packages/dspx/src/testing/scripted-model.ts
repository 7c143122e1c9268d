/** A model that answers from a script: for tests of everything around models. It keeps every call it got. */

import type { LanguageModel, ModelAnswer, ModelCall, StreamPart } from '../models/language-model.ts'

/** One answer: text, a whole answer, or an error to throw. */
export type ScriptedAnswer = string | ModelAnswer | Error

/** A model that does as it is told. */
export interface ScriptedModel extends LanguageModel {
  readonly calls: readonly ModelCall[]
}

/**
 * Answers with the next of `script`, the last one again and again; or with what a function says. Counts a token a word; streams
 * five characters at a time.
 *
 * @example scriptedModel(['[[ ## answer ## ]]\nParis'])
 */
export function scriptedModel(
  script: readonly ScriptedAnswer[] | ((call: ModelCall, index: number) => ScriptedAnswer | Promise<ScriptedAnswer>),
): ScriptedModel {
  const calls: ModelCall[] = []
  const next =
    typeof script === 'function'
      ? script
      : (_: ModelCall, index: number) => script[Math.min(index, script.length - 1)] ?? ''
  const doGenerate = async (call: ModelCall): Promise<ModelAnswer> => {
    call.abortSignal?.throwIfAborted()
    calls.push(call)
    const answer = await next(call, calls.length - 1)
    if (answer instanceof Error) throw answer
    return typeof answer === 'string' ? textAnswer(answer, countWords(JSON.stringify(call.prompt))) : answer
  }
  return {
    specificationVersion: 'v4',
    provider: 'scripted',
    modelId: 'script',
    supportedUrls: {},
    calls,
    doGenerate,
    doStream: async (call) => {
      const answer = await doGenerate(call)
      const parts = piecesOf(answer, call.abortSignal)
      return { stream: ReadableStream.from(parts) as ReadableStream<StreamPart> }
    },
  }
}

/** How many characters a piece of a stream has. */
const pieceChars = 5

/** An answer as a stream: its text in pieces, everything else whole. */
async function* piecesOf(answer: ModelAnswer, signal: AbortSignal | undefined): AsyncGenerator<StreamPart> {
  const { content, finishReason, usage, warnings, providerMetadata } = answer
  yield { type: 'stream-start', warnings }
  for (const [at, part] of content.entries()) {
    const id = String(at)
    if (part.type !== 'text' && part.type !== 'reasoning') {
      yield part
      continue
    }
    yield { type: `${part.type}-start`, id }
    for (let from = 0; from < part.text.length; from += pieceChars) {
      signal?.throwIfAborted()
      yield { type: `${part.type}-delta`, id, delta: part.text.slice(from, from + pieceChars) }
    }
    yield { type: `${part.type}-end`, id }
  }
  yield { type: 'finish', finishReason, usage, ...(providerMetadata && { providerMetadata }) }
}

/** A whole answer of one text. */
export function textAnswer(text: string, tokensIn = 1): ModelAnswer {
  return {
    content: [{ type: 'text', text }],
    finishReason: { unified: 'stop', raw: 'stop' },
    usage: {
      inputTokens: { total: tokensIn, noCache: tokensIn, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: countWords(text), text: countWords(text), reasoning: 0 },
    },
    warnings: [],
  }
}

function countWords(text: string): number {
  return text.split(/\s+/).filter(Boolean).length
}
