/** Cassette: calls are recorded to a file, or answered from it and from nowhere else. */

import { type Cassette, type CassetteCall, type CassetteOptions, createCassette } from '../cassette/cassette.ts'
import { cameStreamed, cameWhole, isRecordedError, keptAnswer, plainCall } from '../cassette/recorded-call.ts'
import { layered, type Middleware, type ModelCall, type ModelStream, type StreamPart } from '../language-model.ts'
import { tapStream } from '../model-stream.ts'
import { callKeys } from './call-key.ts'

/**
 * With `record` the model is asked and what comes is written: answers, streams, and errors of providers. With `replay` the model
 * is never asked: a call that was not recorded fails, and the error says which recorded one is nearest and what differs.
 * Concurrent calls that are equal in everything are answered in the order in which they were recorded.
 *
 * Throws: `dspx/cassette-miss`, `dspx/bad-cassette`; `foundation/journal-corrupt` for a damaged file.
 * @example cassetteMiddleware({ path: 'test/cassettes/triage.jsonl', mode: 'replay' })(model)
 */
export function cassetteMiddleware(options: CassetteOptions): Middleware {
  return cassetteLayer(createCassette(options))
}

/** The same with a cassette that several models share. */
export function cassetteLayer(cassette: Cassette): Middleware {
  return (model) => {
    const keyOf = callKeys(model.modelId)
    const asked = (call: ModelCall): CassetteCall => ({
      key: keyOf(call),
      modelId: model.modelId,
      call: () => plainCall(call),
    })
    const recorded = async <A>(call: ModelCall, ask: () => PromiseLike<A>): Promise<A> => {
      try {
        return await ask()
      } catch (thrown) {
        if (isRecordedError(thrown)) await cassette.record(asked(call), { type: 'error', error: thrown })
        throw thrown
      }
    }
    return layered(model, {
      doGenerate: async (call) => {
        call.abortSignal?.throwIfAborted()
        if (cassette.mode === 'replay') return cameWhole(await cassette.replay(asked(call)))
        const answer = await recorded(call, () => model.doGenerate(call))
        await cassette.record(asked(call), { type: 'answer', answer: keptAnswer(answer) })
        return answer
      },
      doStream: async (call) => {
        call.abortSignal?.throwIfAborted()
        if (cassette.mode === 'replay') return cameStreamed(await cassette.replay(asked(call)))
        const opened = await recorded(call, () => model.doStream(call))
        return recordedStream(opened, (parts) => cassette.record(asked(call), { type: 'stream', parts }))
      },
    })
  }
}

/** A stream that is recorded before it ends; one that breaks is not. */
function recordedStream(opened: ModelStream, record: (parts: readonly StreamPart[]) => Promise<void>): ModelStream {
  const parts: StreamPart[] = []
  return tapStream(opened, {
    part: (part) => {
      if (part.type === 'response-metadata') {
        if (part.modelId !== undefined) parts.push({ type: part.type, modelId: part.modelId })
      } else if (part.type !== 'raw' && part.type !== 'ping') parts.push(part)
      return part.type === 'finish' ? record(parts).then(() => part) : part
    },
  })
}
