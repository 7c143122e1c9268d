/**
 * An embedding model with our layers around it: the same retry, rate limit, budget, timeout and cache store that language models have,
 * and what only texts need: many of them are split into requests, and each vector is kept by itself.
 */

import { type Json, untilAborted } from '@mabeam/foundation'
import { takeSignal } from '../../signal-fan.ts'
import type { Budget } from '../budget/budget.ts'
import type { Cassette } from '../cassette/cassette.ts'
import { countedRetry } from '../counted-retry.ts'
import { budgetsOf, type LayerSettings, saltedScope } from '../equipped-model.ts'
import { modeOf } from '../middleware/cache.ts'
import type { Price } from '../price-table.ts'
import type { RateLimiter } from '../rates/rate-limiter.ts'
import { describeEmbedding, embeddingUsd } from './budgeted-embedding.ts'
import { attemptEmbedding, type EmbeddingAttempts } from './embedding-attempt.ts'
import { batchesOf, runBatches } from './embedding-batches.ts'
import { type VectorCache, vectorCache } from './embedding-cache.ts'
import { cassetteEmbedding } from './embedding-cassette.ts'
import { checkLengths, checkTexts, embeddingTextsMax } from './embedding-check.ts'
import { toldEmbedding } from './embedding-events.ts'
import type { EmbeddingAnswer, EmbeddingCall, EmbeddingMetadata, EmbeddingModel } from './embedding-model.ts'

/** The model inside, and what belongs to it alone. */
export interface BareEmbedding {
  /** As errors, events and cache keys know it. */
  readonly id: string
  readonly model: EmbeddingModel
  /** Part of cache keys: whose vectors these are. */
  readonly scope: string
  readonly secrets: readonly string[]
  /** It embeds faster than a store answers. @default false */
  readonly isInstant?: boolean
  readonly price?: Price
  readonly limiter?: RateLimiter
  readonly cassette?: Cassette
}

/** Requests of one call at once, where the provider takes several. */
export const embeddingRequestsMax = 4
/** Bytes of the texts of one request. OpenAI takes 300,000 tokens at once, and no token is less than a byte. */
export const embeddingRequestBytesMax = 300_000
/** Texts of one request where the model names no limit. */
const requestTextsMax = 2_048

/**
 * The model with its layers. It takes up to {@link embeddingTextsMax} texts at once and gives their vectors in their order. Equal texts of
 * a call are embedded once. A request that fails is tried again by itself; when one fails for good, those under way are ended, and what
 * was embedded is in the cache.
 *
 * Throws: `foundation/invalid-option`; `dspx/model-failed` (also for vectors of NaN, of other lengths, or too few), `dspx/model-timeout`,
 * `dspx/budget-exhausted`, `dspx/price-unknown`, `dspx/too-many-waiting`, `dspx/cassette-miss`; `signal.reason`.
 */
export function equippedEmbedding(
  bare: BareEmbedding,
  settings: LayerSettings,
  budgets: ReadonlySet<Budget> = budgetsOf(settings),
): EmbeddingModel {
  const { id, cassette } = bare
  const { telemetry } = settings
  const embed = (call: EmbeddingCall) => embedTexts(bare, { ...settings, budgets }, call)
  const asked = cassette ? cassetteEmbedding(cassette, id, embed) : embed
  const model: EmbeddingModel = {
    specificationVersion: 'v4',
    provider: 'mabeam',
    modelId: id,
    maxEmbeddingsPerCall: embeddingTextsMax,
    supportsParallelCalls: true,
    doEmbed: async (call) => {
      checkTexts(id, call, bare.isInstant === true)
      const { abortSignal } = call
      if (abortSignal === undefined) return await toldEmbedding(telemetry, id, { call, asked })
      abortSignal.throwIfAborted()
      const taken = takeSignal(abortSignal)
      try {
        return await toldEmbedding(telemetry, id, { call: { ...call, abortSignal: taken.signal }, asked })
      } finally {
        taken.giveBack()
      }
    },
  }
  return describeEmbedding(model, (budget) => equippedEmbedding(bare, settings, new Set([...budgets, budget])))
}

interface EmbeddingSettings extends Omit<LayerSettings, 'budget'> {
  readonly budgets: ReadonlySet<Budget>
}

/** Vectors by place, and what they took. */
interface Gathered {
  readonly vectors: (number[] | undefined)[]
  requests: number
  retries: number
  /** `undefined` once a request did not tell. */
  tokens: number | undefined
  readonly warnings: Map<string, EmbeddingAnswer['warnings'][number]>
}

async function embedTexts(
  bare: BareEmbedding,
  settings: EmbeddingSettings,
  call: EmbeddingCall,
): Promise<EmbeddingAnswer> {
  const { id, scope, price } = bare
  const { cache: store, clock } = settings
  const { values, abortSignal } = call
  const startMs = clock.monotonicMs()
  const mode = modeOf(call)
  const cache =
    store && !bare.isInstant && mode !== 'bypass'
      ? vectorCache(store, `embedding/${id}@${saltedScope(scope, settings)}`, call)
      : undefined
  // a store that does not come to an end is not waited for longer than the caller waits
  const vectors = cache && mode !== 'refresh' ? await untilAborted(cache.read(values, abortSignal), abortSignal) : []
  const cachedTexts = vectors.filter(Boolean).length
  const gathered: Gathered = { vectors, requests: 0, retries: 0, tokens: 0, warnings: new Map() }
  const kept = mode === 'read-only' ? undefined : cache
  await askMissing(bare, settings, { call, gathered, kept })
  const embeddings = values.map((_, at) => gathered.vectors[at] ?? [])
  checkLengths(id, embeddings, { dimensions: call.dimensions, cached: cachedTexts })
  const { requests, retries, tokens, warnings } = gathered
  const mabeam: EmbeddingMetadata = {
    requests,
    retries,
    cachedTexts,
    latencyMs: clock.monotonicMs() - startMs,
    ...(price && tokens !== undefined && { spentUsd: embeddingUsd(price, tokens) }),
    ...(kept?.fault !== undefined && { notKept: kept.fault }),
  }
  return {
    embeddings,
    ...(tokens !== undefined && { usage: { tokens } }),
    warnings: [...warnings.values()],
    providerMetadata: { mabeam: mabeam as unknown as { [name: string]: Json } },
  }
}

/** Asks for every text without a vector, each once, in requests that the provider takes. */
async function askMissing(
  bare: BareEmbedding,
  settings: EmbeddingSettings,
  {
    call,
    gathered,
    kept,
  }: { readonly call: EmbeddingCall; readonly gathered: Gathered; readonly kept: VectorCache | undefined },
): Promise<void> {
  const { values, abortSignal: signal } = call
  const places = placesOf(values, gathered.vectors)
  if (places.size === 0) return
  const texts = [...places.keys()]
  const { id, model, secrets, price, limiter } = bare
  const { timeoutMs, clock, random, telemetry, retry: policy } = settings
  const budgets = [...settings.budgets].reverse() // the outermost first, as language models have it: who waits for two waits for none that waits for it
  const parts: EmbeddingAttempts = { id, model, secrets, price, limiter, budgets, timeoutMs, clock, telemetry }
  const textsMax = Math.max(1, Math.min(requestTextsMax, (await model.maxEmbeddingsPerCall) ?? requestTextsMax))
  const batches = batchesOf(texts, { textsMax, bytesMax: embeddingRequestBytesMax })
  const lanes = (await model.supportsParallelCalls) ? embeddingRequestsMax : 1
  const ask = async ({ from, to }: { readonly from: number; readonly to: number }, abortSignal: AbortSignal) => {
    const some = texts.slice(from, to)
    const request = { ...call, values: some, abortSignal }
    const attempt = (which: number) => attemptEmbedding(parts, request, which)
    const { answer, retries } = await countedRetry(
      { modelId: id, signal: abortSignal, attempt },
      { policy, clock, random, telemetry },
    )
    for (const [at, text] of some.entries()) {
      const vector = answer.embeddings[at] ?? []
      // Equal texts get vectors of their own: who changes one changes no other.
      for (const [nth, place] of (places.get(text) ?? []).entries()) {
        gathered.vectors[place] = nth === 0 ? vector : [...vector]
      }
    }
    count(gathered, answer, retries)
    if (kept) await untilAborted(kept.write(some, answer.embeddings), abortSignal)
  }
  await runBatches(batches, { lanes, signal, ask })
}

/** Where each text without a vector stands. */
function placesOf(values: readonly string[], vectors: readonly (number[] | undefined)[]): Map<string, number[]> {
  const places = new Map<string, number[]>()
  for (const [at, text] of values.entries()) {
    if (vectors[at] !== undefined) continue
    const known = places.get(text)
    if (known) known.push(at)
    else places.set(text, [at])
  }
  return places
}

function count(gathered: Gathered, { usage, warnings }: EmbeddingAnswer, retries: number): void {
  gathered.requests += 1
  gathered.retries += retries
  const tokens = usage?.tokens
  const isCounted = typeof tokens === 'number' && tokens >= 0 && Number.isFinite(tokens)
  gathered.tokens = isCounted && gathered.tokens !== undefined ? gathered.tokens + tokens : undefined
  for (const warning of warnings ?? []) gathered.warnings.set(JSON.stringify(warning), warning)
}
