/** One try of one request of texts: its turn, what is set aside for it, its time, the check of what came, and its event. */

import type { Clock, Telemetry } from '@mabeam/foundation'
import { BoundedWait } from '../bounded-wait.ts'
import type { Budget } from '../budget/budget.ts'
import { modelTimeout } from '../errors.ts'
import { attemptFailure } from '../middleware/attempt.ts'
import { pauseAsked } from '../middleware/rate-limit.ts'
import type { Price } from '../price-table.ts'
import { failureOf } from '../providers/provider-failure.ts'
import type { RateLimiter } from '../rates/rate-limiter.ts'
import { isAmount } from '../usage.ts'
import { embeddingTokensMax, paidEmbedding } from './budgeted-embedding.ts'
import { checkVectors } from './embedding-check.ts'
import type { EmbeddingAnswer, EmbeddingCall, EmbeddingModel } from './embedding-model.ts'

/** What stands around each request of an embedding model. */
export interface EmbeddingAttempts {
  readonly id: string
  readonly model: EmbeddingModel
  readonly secrets: readonly string[]
  readonly price: Price | undefined
  readonly limiter: RateLimiter | undefined
  readonly budgets: readonly Budget[]
  readonly timeoutMs: number
  readonly clock: Clock
  readonly telemetry: Telemetry
}

/**
 * Asks once. In this order: the rate limit, the budgets, the timeout, the provider.
 *
 * Throws: `dspx/model-failed` (also for vectors that are none), `dspx/model-timeout`, `dspx/budget-exhausted`, `dspx/price-unknown`,
 * `dspx/too-many-waiting`; `signal.reason`.
 */
export async function attemptEmbedding(
  parts: EmbeddingAttempts,
  call: EmbeddingCall,
  attempt: number,
): Promise<EmbeddingAnswer> {
  const { id, limiter, budgets, price } = parts
  const likely = Math.ceil(embeddingTokensMax(call) / 4)
  const turn = await limiter?.begin(likely, call.abortSignal)
  let taken = likely
  try {
    const answer = await paidEmbedding(budgets, { id, price, call }, () => toldAnswer(parts, call, attempt))
    const tokens = answer.usage?.tokens
    if (isAmount(tokens)) taken = tokens
    return answer
  } catch (thrown) {
    if (limiter) pauseAsked(limiter, thrown)
    throw thrown
  } finally {
    turn?.end(taken)
  }
}

async function toldAnswer(parts: EmbeddingAttempts, call: EmbeddingCall, attempt: number): Promise<EmbeddingAnswer> {
  const { id, clock, telemetry } = parts
  const startMs = clock.monotonicMs()
  const tell = (tokensIn: number, metadata: { readonly [name: string]: string | number }) => {
    if (!telemetry.enabled) return
    const measurements = { attempt, durationMs: clock.monotonicMs() - startMs, tokensIn, tokensOut: 0 }
    telemetry.emit({
      name: 'dspx.model-attempt-ended',
      measurements,
      metadata: { modelId: id, form: 'embedding', ...metadata },
    })
  }
  try {
    const answer = await askedInTime(parts, call)
    tell(answer.usage?.tokens ?? 0, { outcome: 'answered' })
    return answer
  } catch (thrown) {
    tell(0, attemptFailure(thrown))
    throw thrown
  }
}

async function askedInTime(parts: EmbeddingAttempts, call: EmbeddingCall): Promise<EmbeddingAnswer> {
  const { id, model, secrets, timeoutMs, clock } = parts
  try {
    const wait = new BoundedWait(clock, call.abortSignal)
    const ask = async () => await model.doEmbed({ ...call, abortSignal: wait.signal })
    const answer = await wait.once(ask, timeoutMs, () => modelTimeout(id, timeoutMs))
    checkVectors(id, call, answer)
    return answer
  } catch (thrown) {
    call.abortSignal?.throwIfAborted()
    throw failureOf(thrown, { modelId: id, secrets, clock })
  }
}
