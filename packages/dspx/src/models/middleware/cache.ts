/**
 * Cache: an answer is asked for once. The key is a digest of the model, the prompt and every parameter that may change
 * the answer, so that two calls share an answer only when they are the same call, whole or as a stream.
 */

import {
  checkOptions,
  definedOptions,
  getOrCompute,
  hasCode,
  type KeyedText,
  rule,
  untilAborted,
} from '@mabeam/foundation'
import { type CacheMode, callOptions } from '../call-options.ts'
import {
  type LanguageModel,
  layered,
  type Middleware,
  type ModelAnswer,
  type ModelCall,
  type ModelStream,
} from '../language-model.ts'
import { tapStream } from '../model-stream.ts'
import { answerCollector, streamOfAnswer } from '../streamed-answer.ts'
import { type AnswerMetadata, withMetadata } from '../usage.ts'
import { type AnswerStore, answerStore } from './answer-store.ts'
import { callKeys } from './call-key.ts'
import { keptAnswer, keptText } from './kept-answer.ts'

/** Where answers are kept. */
export interface CacheOptions {
  readonly store: KeyedText
  /** What else answers depend on, such as the address of a server or `localModelVersion`; part of every key. @default '' */
  readonly scope?: string
}

/**
 * Answers from the store what it holds, and stores what it does not. While one whole call is under way the same call waits
 * for it; streams do not wait for each other. Only whole answers of text are kept (`stop` or `length`); a cached answer has
 * `cached: true` in `providerMetadata.mabeam` and the latency and price it had when it was made. Every answer has its `cacheKey`
 * there, and says in `notKept` why a store that failed (a full disk) did not keep it. What a store gives that is no answer of ours (a
 * damaged file) counts as absent, and is kept anew.
 *
 * At temperature 0 the seed is no part of the key; otherwise it is. One call says with
 * `providerOptions: { mabeam: { cache: 'bypass' | 'refresh' | 'read-only' } }` that it is to be treated otherwise.
 * @example cacheMiddleware({ store: memoryCacheStore({ entriesMax: 10_000 }) })(model)
 */
export function cacheMiddleware(options: CacheOptions): Middleware {
  checkOptions('cacheMiddleware', options, {
    store: rule.having('get', 'set'),
    scope: rule.optional(rule.any()),
  })
  const { scope, ...given } = { scope: '', ...definedOptions(options) }
  const store = answerStore(given.store)
  return (model) => {
    const keyOf = callKeys(scopedName(model, scope))
    return layered(model, {
      doGenerate: async (call) => {
        call.abortSignal?.throwIfAborted()
        const mode = modeOf(call)
        if (mode === 'bypass') return await model.doGenerate(call)
        const kept: Kept = { store, key: keyOf(call), mode }
        const answer = await (mode === 'use' ? sharedAnswer(model, call, kept) : ownAnswer(model, call, kept))
        return withMetadata(answer, { cacheKey: kept.key })
      },
      doStream: async (call) => {
        call.abortSignal?.throwIfAborted()
        const mode = modeOf(call)
        if (mode === 'bypass') return await model.doStream(call)
        const kept: Kept = { store, key: keyOf(call), mode }
        const text = mode === 'refresh' ? undefined : await store.get(kept.key)
        const found = text === undefined ? undefined : cachedAnswer(text)
        if (found) return streamOfAnswer(withMetadata(found, { cacheKey: kept.key }))
        return keptStream(await model.doStream(call), kept)
      },
    })
  }
}

/** The name of a model in cache keys: two servers may call different models the same. */
export function scopedName(model: LanguageModel, scope: string): string {
  return `${model.provider}/${model.modelId}@${scope}`
}

interface Kept {
  readonly store: AnswerStore
  readonly key: string
  readonly mode: CacheMode
}

/** How a call uses the cache. Throws: `foundation/invalid-option`. */
export function modeOf(call: Pick<ModelCall, 'providerOptions'>): CacheMode {
  return call.providerOptions === undefined ? 'use' : (callOptions(call).cache ?? 'use')
}

/** What was kept; nothing where the text is none of ours, or was damaged: then it is as good as absent. */
function cachedAnswer(text: string): ModelAnswer | undefined {
  const answer = keptAnswer(text)
  return answer && withMetadata(answer, { cached: true, retries: 0, retriedAfter: [] })
}

async function sharedAnswer(model: LanguageModel, call: ModelCall, { store, key }: Kept): Promise<ModelAnswer> {
  let own: ModelAnswer | undefined
  let failure: unknown
  const compute = async () => {
    try {
      own = await model.doGenerate(call)
    } catch (thrown) {
      failure = thrown
      throw isOwn(thrown, call) ? new DOMException('the one who asked gave up', 'AbortError') : thrown
    }
    if (!isKept(own)) throw new NotKept()
    return keptText(own)
  }
  try {
    const flight = getOrCompute(store, key, compute)
    const text = await untilAborted(flight, call.abortSignal) // the flight goes on for others
    if (own) return withMetadata(own, faultOf(store))
    return cachedAnswer(text) ?? (await ownAnswer(model, call, { store, key, mode: 'refresh' }))
  } catch (thrown) {
    call.abortSignal?.throwIfAborted()
    if (thrown instanceof NotKept) return own ?? (await model.doGenerate(call))
    throw failure ?? thrown
  }
}

/** Refreshed, or read only. */
async function ownAnswer(model: LanguageModel, call: ModelCall, { store, key, mode }: Kept): Promise<ModelAnswer> {
  const text = mode === 'read-only' ? await store.get(key) : undefined
  const found = text === undefined ? undefined : cachedAnswer(text)
  if (found) return found
  const answer = await model.doGenerate(call)
  if (mode !== 'refresh' || !isKept(answer)) return answer
  await store.set(key, keptText(answer))
  return withMetadata(answer, faultOf(store))
}

/** The stream as it comes; before it ends it is kept as the answer that it is. */
function keptStream(opened: ModelStream, { store, key, mode }: Kept): ModelStream {
  const collector = answerCollector()
  return tapStream(opened, {
    part: (part) => {
      collector.add(part)
      if (part.type !== 'finish') return part
      const named = withMetadata(part, { cacheKey: key })
      const answer = collector.answer()
      if (mode === 'read-only' || answer === undefined || !isKept(answer)) return named
      return store.set(key, keptText(answer)).then(() => withMetadata(named, faultOf(store)))
    },
  })
}

function faultOf({ fault }: AnswerStore): AnswerMetadata {
  return fault === undefined ? {} : { notKept: fault }
}

/** An answer that must not be kept: whoever waited for it asks for itself. */
class NotKept extends Error {}

/**
 * Whether a failure is that of who asked and of none who wait for the answer: its cancellation, or the end of its budget. To those it
 * is an AbortError, after which the next of them asks.
 */
function isOwn(thrown: unknown, { abortSignal }: ModelCall): boolean {
  return (
    abortSignal?.aborted === true || hasCode(thrown, 'dspx/budget-exhausted') || hasCode(thrown, 'dspx/price-unknown')
  )
}

function isKept(answer: ModelAnswer): boolean {
  const whole = answer.finishReason.unified === 'stop' || answer.finishReason.unified === 'length'
  return whole && answer.content.every(({ type }) => type === 'text' || type === 'reasoning')
}
