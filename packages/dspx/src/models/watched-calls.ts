/** Calls that are watched from their beginning to their end, whether they are answered whole or piece by piece. */

import { type LanguageModel, layered, type ModelAnswer, type ModelCall } from './language-model.ts'
import { isContent, type StreamTap, tapStream } from './model-stream.ts'
import { type AnswerMetadata, withMetadata } from './usage.ts'

/** How a call ended that was answered: the end of a stream and a whole answer hold the same. */
export type AnswerEnd = Pick<ModelAnswer, 'finishReason' | 'usage' | 'warnings' | 'providerMetadata'>

/** One watched call. One of `answered` and `failed` is called, once; after an `answered` that threw, `failed` is too. */
export interface CallWatch {
  /** The call as it goes on. @default as it came */
  readonly call?: ModelCall
  /** The first content of a stream came. */
  began?(): void
  /** What is to be added to `providerMetadata.mabeam` of the answer. */
  answered?(end: AnswerEnd): AnswerMetadata | undefined
  /** The call failed, was aborted, or its stream was given up (an `AbortError`): the error that goes on. */
  failed?(thrown: unknown): unknown
}

/** A model whose calls are watched. `begin` may wait, and what it throws is the failure of the call. */
export function watchedCalls(
  model: LanguageModel,
  begin: (call: ModelCall, form: 'whole' | 'stream') => CallWatch | Promise<CallWatch>,
): LanguageModel {
  return layered(model, {
    doGenerate: async (call) => {
      const begun = begin(call, 'whole')
      const watch = begun instanceof Promise ? await begun : begun
      try {
        const answer = await model.doGenerate(watch.call ?? call)
        const metadata = watch.answered?.(answer)
        return metadata === undefined ? answer : withMetadata(answer, metadata)
      } catch (thrown) {
        throw watch.failed ? watch.failed(thrown) : thrown
      }
    },
    doStream: async (call) => {
      const begun = begin(call, 'stream')
      const watch = begun instanceof Promise ? await begun : begun
      try {
        return tapStream(await model.doStream(watch.call ?? call), streamTap(watch))
      } catch (thrown) {
        throw watch.failed ? watch.failed(thrown) : thrown
      }
    },
  })
}

function streamTap(watch: CallWatch): StreamTap {
  let began = false
  let over = false
  let warnings: ModelAnswer['warnings'] = []
  const fail = (thrown: unknown) => {
    if (over) return thrown
    over = true
    return watch.failed ? watch.failed(thrown) : thrown
  }
  return {
    part: (part) => {
      if (part.type === 'stream-start') warnings = part.warnings
      if (!began && isContent(part)) {
        began = true
        watch.began?.()
      }
      if (part.type !== 'finish' || over) return part
      const metadata = watch.answered?.({ ...part, warnings })
      over = true
      return metadata === undefined ? part : withMetadata(part, metadata)
    },
    failed: fail,
    cancelled: () => void fail(new DOMException('the stream was given up', 'AbortError')),
    ended: () => void fail(new Error('the stream ended without a finish')),
  }
}
