/** The two forms of an answer, whole and piece by piece, made from each other. */

import type { ModelAnswer, ModelStream, StreamPart } from './language-model.ts'

type Content = ModelAnswer['content'][number]

/** Gathers the parts of a stream. */
export interface AnswerCollector {
  add(part: StreamPart): void
  /** The whole answer, once the part `finish` was added. */
  answer(): ModelAnswer | undefined
}

/**
 * Gathers a stream into the answer that `doGenerate` would have given: text and reasoning block by block, everything else
 * as it came.
 */
export function answerCollector(): AnswerCollector {
  const blocks = new Map<string, { readonly type: 'text' | 'reasoning'; text: string; metadata: Metadata }>()
  const content: (Content | string)[] = []
  let warnings: ModelAnswer['warnings'] = []
  let response: ModelAnswer['response']
  let finish: Extract<StreamPart, { type: 'finish' }> | undefined
  return {
    add: (part) => {
      switch (part.type) {
        case 'stream-start':
          warnings = part.warnings
          break
        case 'response-metadata': {
          const { type: _, ...known } = part
          response = { ...response, ...known }
          break
        }
        case 'text-start':
        case 'reasoning-start':
        case 'text-delta':
        case 'reasoning-delta':
        case 'text-end':
        case 'reasoning-end': {
          const type = part.type.startsWith('text') ? 'text' : 'reasoning'
          const key = `${type} ${part.id}`
          if (!blocks.has(key)) content.push(key)
          const block = blocks.get(key) ?? { type, text: '', metadata: undefined }
          if ('delta' in part) block.text += part.delta
          block.metadata = part.providerMetadata ?? block.metadata
          blocks.set(key, block)
          break
        }
        case 'finish':
          finish = part
          break
        case 'tool-input-start':
        case 'tool-input-delta':
        case 'tool-input-end':
        case 'ping':
        case 'raw':
        case 'error':
          break
        case 'custom':
          // Only streams have it: a whole answer of the same call has no such content.
          if (part.kind !== 'anthropic.message_start') content.push(part)
          break
        default:
          content.push(part)
      }
    },
    answer: () => {
      if (finish === undefined) return undefined
      const { finishReason, usage, providerMetadata } = finish
      return {
        content: content.flatMap((one) => (typeof one === 'string' ? blockContent(blocks.get(one)) : [one])),
        finishReason,
        usage,
        warnings,
        ...(response && { response }),
        ...(providerMetadata && { providerMetadata }),
      }
    },
  }
}

type Metadata = ModelAnswer['providerMetadata']

function blockContent(
  block: { readonly type: 'text' | 'reasoning'; readonly text: string; readonly metadata: Metadata } | undefined,
): Content[] {
  if (block === undefined) return []
  const { type, text, metadata } = block
  return [{ type, text, ...(metadata && { providerMetadata: metadata }) }]
}

/**
 * The answer as a stream, each block of text in one piece.
 *
 * Ensures: an {@link answerCollector} that reads it gathers the same content, finish reason and usage.
 */
export function streamOfAnswer(answer: ModelAnswer): ModelStream {
  return { stream: ReadableStream.from(partsOf(answer)) as ModelStream['stream'] }
}

function* partsOf(answer: ModelAnswer): Generator<StreamPart> {
  const { content, finishReason, usage, warnings, response, providerMetadata } = answer
  yield { type: 'stream-start', warnings }
  if (response?.modelId !== undefined) yield { type: 'response-metadata', modelId: response.modelId }
  for (const [at, part] of content.entries()) {
    if (part.type !== 'text' && part.type !== 'reasoning') {
      yield part
      continue
    }
    const id = String(at)
    const metadata = part.providerMetadata && { providerMetadata: part.providerMetadata }
    yield { type: `${part.type}-start`, id, ...metadata }
    yield { type: `${part.type}-delta`, id, delta: part.text }
    yield { type: `${part.type}-end`, id, ...metadata }
  }
  yield { type: 'finish', finishReason, usage, ...(providerMetadata && { providerMetadata }) }
}
