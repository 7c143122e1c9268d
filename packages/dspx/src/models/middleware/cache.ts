/**
 * Cache: an answer is asked for once. The key is a digest of the model, the prompt and every parameter that may change
 * the answer, so that two calls share an answer only when they are the same call.
 */

import { getOrCompute, type KeyedText } from '@mabeam/foundation'
import { aroundGenerate, type Middleware, type ModelAnswer, type ModelCall } from '../language-model.ts'
import { withAnswerMetadata } from '../usage.ts'
import { callKeys } from './call-key.ts'

/** Where answers are kept. */
export interface CacheOptions {
  readonly store: KeyedText
  /** What else answers depend on, such as the address of a server or `localModelVersion`; part of every key. @default '' */
  readonly scope?: string
}

/**
 * Answers from the store what it holds, and stores what it does not. While one call is under way the same call waits
 * for it. Only whole answers of text are kept (`stop` or `length`); a cached answer has `cached: true` in
 * `providerMetadata.mabeam` and the latency and price it had when it was made.
 *
 * At temperature 0 the seed is no part of the key; otherwise it is.
 * @example cacheMiddleware({ store: memoryCacheStore({ entriesMax: 10_000 }) })(model)
 */
export function cacheMiddleware(options: CacheOptions): Middleware {
  const { store, scope = '' } = options
  return (model) => {
    const keyOf = callKeys(`${model.provider}/${model.modelId}@${scope}`)
    return aroundGenerate(model, async (call) => {
      call.abortSignal?.throwIfAborted()
      let own: ModelAnswer | undefined
      const compute = async () => {
        own = await askOnce((one) => model.doGenerate(one), call)
        if (!isKept(own)) throw new NotKept()
        return JSON.stringify(keptOf(own))
      }
      try {
        const text = await abortable(getOrCompute(store, keyOf(call), compute), call.abortSignal)
        return own ?? withAnswerMetadata(JSON.parse(text) as ModelAnswer, { cached: true, retries: 0 })
      } catch (thrown) {
        call.abortSignal?.throwIfAborted()
        if (thrown instanceof NotKept) return own ?? (await model.doGenerate(call))
        throw thrown
      }
    })
  }
}

/** An answer that must not be kept: whoever waited for it asks for itself. */
class NotKept extends Error {}

/** The leader's own cancellation as an AbortError, whatever its reason, so that followers do not fail with it. */
async function askOnce(
  doGenerate: (call: ModelCall) => PromiseLike<ModelAnswer>,
  call: ModelCall,
): Promise<ModelAnswer> {
  try {
    return await doGenerate(call)
  } catch (thrown) {
    if (call.abortSignal?.aborted) throw new DOMException('the call was cancelled', 'AbortError')
    throw thrown
  }
}

function isKept(answer: ModelAnswer): boolean {
  const whole = answer.finishReason.unified === 'stop' || answer.finishReason.unified === 'length'
  return whole && answer.content.every(({ type }) => type === 'text' || type === 'reasoning')
}

/** What is worth keeping: no headers, no bodies. */
function keptOf(answer: ModelAnswer): ModelAnswer {
  const { content, structuredOutputText, finishReason, usage, providerMetadata, response } = answer
  const { raw: _, ...counted } = usage
  return {
    content,
    ...(structuredOutputText !== undefined && { structuredOutputText }),
    finishReason,
    usage: counted,
    ...(providerMetadata && { providerMetadata }),
    ...(response?.modelId !== undefined && { response: { modelId: response.modelId } }),
    warnings: answer.warnings,
  }
}

/** Rejects with `signal.reason` as soon as it aborts, while the flight goes on for others. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort))
}
