/**
 * Answers as text: what caches and ledgers keep. The usual one, a text with its counts, is a line of what is known of it and the text
 * itself below, which takes half of the whole answer as JSON; any other is that JSON, and so were all that earlier releases kept.
 */

import type { ModelAnswer } from '../language-model.ts'

type Counted = Pick<ModelAnswer['usage'], 'inputTokens' | 'outputTokens'>

/** The line above a text. Counts of which nothing is special are one number. */
type Head = readonly [
  finish: string | ModelAnswer['finishReason'],
  tokensIn: number | Counted['inputTokens'],
  tokensOut: number | Counted['outputTokens'],
  modelId: string | null,
  metadata: NonNullable<ModelAnswer['providerMetadata']>[string] | null,
  /** Where there are any. */
  warnings?: ModelAnswer['warnings'],
]

/** What is worth keeping, as text: no headers, no bodies. */
export function keptText(answer: ModelAnswer): string {
  const { content, structuredOutputText, finishReason, usage, providerMetadata, response, warnings } = answer
  const { raw: _, ...counted } = usage
  const text = plainTextOf(answer)
  if (text !== undefined && Object.keys(counted).length === 2) {
    const { inputTokens, outputTokens } = counted
    const head: Head = [
      finishReason.raw === finishReason.unified ? finishReason.unified : finishReason,
      isUsual(inputTokens, usualIn) ? (inputTokens.total as number) : inputTokens,
      isUsual(outputTokens, usualOut) ? (outputTokens.total as number) : outputTokens,
      response?.modelId ?? null,
      providerMetadata?.mabeam ?? null,
      ...(warnings.length === 0 ? ([] as const) : ([warnings] as const)),
    ]
    return `${JSON.stringify(head)}\n${text}`
  }
  return JSON.stringify({
    content,
    ...(structuredOutputText !== undefined && { structuredOutputText }),
    finishReason,
    usage: counted,
    ...(providerMetadata && { providerMetadata }),
    ...(response?.modelId !== undefined && { response: { modelId: response.modelId } }),
    warnings,
  })
}

/** The answer of a text that {@link keptText} gave, in this release or an earlier one; undefined for any other text. */
export function keptAnswer(text: string): ModelAnswer | undefined {
  try {
    const answer = text.startsWith('[') ? plainAnswer(text) : (JSON.parse(text) as ModelAnswer)
    const isWhole = Array.isArray(answer.content) && answer.finishReason?.unified !== undefined
    const isCounted = typeof answer.usage?.inputTokens === 'object' && typeof answer.usage.outputTokens === 'object'
    return isWhole && isCounted ? answer : undefined
  } catch {
    return undefined
  }
}

/** The text of an answer that is nothing else. */
function plainTextOf(answer: ModelAnswer): string | undefined {
  const { content, structuredOutputText, providerMetadata = {} } = answer
  const [part] = content
  const isAlone = content.length === 1 && part?.type === 'text' && Object.keys(part).length === 2
  const isOurs = Object.keys(providerMetadata).every((name) => name === 'mabeam')
  return isAlone && isOurs && structuredOutputText === undefined ? part.text : undefined
}

function plainAnswer(kept: string): ModelAnswer {
  const end = kept.indexOf('\n')
  const [finish, tokensIn, tokensOut, modelId, metadata, warnings = []] = JSON.parse(kept.slice(0, end)) as Head
  return {
    content: [{ type: 'text', text: kept.slice(end + 1) }],
    finishReason: (typeof finish === 'string'
      ? { unified: finish, raw: finish }
      : finish) as ModelAnswer['finishReason'],
    usage: {
      inputTokens: typeof tokensIn === 'number' ? usualIn(tokensIn) : tokensIn,
      outputTokens: typeof tokensOut === 'number' ? usualOut(tokensOut) : tokensOut,
    },
    ...(metadata !== null && { providerMetadata: { mabeam: metadata } }),
    ...(modelId !== null && { response: { modelId } }),
    warnings,
  }
}

function usualIn(total: number): Counted['inputTokens'] {
  return { total, noCache: total, cacheRead: 0, cacheWrite: 0 }
}

function usualOut(total: number): Counted['outputTokens'] {
  return { total, text: total, reasoning: 0 }
}

/** Whether counts are those of their total. */
function isUsual<T extends { readonly total: number | undefined }>(counts: T, usual: (total: number) => T): boolean {
  const { total } = counts
  if (typeof total !== 'number' || !Number.isFinite(total)) return false
  const expected = Object.entries(usual(total))
  return (
    Object.keys(counts).length === expected.length &&
    expected.every(([name, count]) => Reflect.get(counts, name) === count)
  )
}
