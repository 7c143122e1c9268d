/** Embedding models under one more budget: that of a run, beside those of the models. */

import type { Budget, BudgetAmounts, Reservation } from '../budget/budget.ts'
import { noAmounts } from '../budget/budget-amounts.ts'
import { takenByFailure } from '../budget/failed-call.ts'
import { priceUnknown } from '../errors.ts'
import type { Price } from '../price-table.ts'
import { isAmount } from '../usage.ts'
import type { EmbeddingCall, EmbeddingModel } from './embedding-model.ts'

/** Makes the same model that also spends from a budget, at each request over the network. */
type WithBudget = (budget: Budget) => EmbeddingModel

const known = new WeakMap<EmbeddingModel, WithBudget>()

/** Remembers how a model is put under a budget for as long as the model lives. */
export function describeEmbedding(model: EmbeddingModel, withBudget: WithBudget): EmbeddingModel {
  known.set(model, withBudget)
  return model
}

/**
 * The model under one more budget. One of `createModels` spends at each request, retries included, and not for vectors from the
 * cache; any other at each call.
 */
export function budgetedEmbedding(model: EmbeddingModel, budget: Budget): EmbeddingModel {
  const withBudget = known.get(model)
  if (withBudget) return withBudget(budget)
  const { specificationVersion, provider, modelId } = model
  return {
    specificationVersion,
    provider,
    modelId,
    get maxEmbeddingsPerCall() {
      return model.maxEmbeddingsPerCall
    },
    get supportsParallelCalls() {
      return model.supportsParallelCalls
    },
    doEmbed: (call) => paidEmbedding([budget], { id: modelId, call }, async () => await model.doEmbed(call)),
  }
}

/** Who is asked, and what. */
export interface PaidCall {
  readonly id: string
  readonly price?: Price | undefined
  readonly call: EmbeddingCall
}

/**
 * Asks when all budgets have set aside what the call may need at worst; then each counts what it took.
 *
 * Throws: `dspx/budget-exhausted`, `dspx/price-unknown`, `dspx/too-many-waiting`; what `ask` throws; `signal.reason`.
 */
export async function paidEmbedding<A extends { readonly usage?: { readonly tokens: number } | undefined }>(
  budgets: readonly Budget[],
  asked: PaidCall,
  ask: () => Promise<A>,
): Promise<A> {
  const { id, price, call } = asked
  const worst = worstOf(budgets, asked)
  const reserved: Reservation[] = []
  const settle = (taken: BudgetAmounts) => {
    for (const one of reserved) one.settle(taken)
  }
  try {
    for (const budget of budgets) reserved.push(await budget.reserve(id, worst, call.abortSignal))
  } catch (thrown) {
    settle(noAmounts) // it was never sent
    throw thrown
  }
  try {
    const answer = await ask()
    const tokens = answer.usage?.tokens
    if (isAmount(tokens)) settle({ calls: 1, tokens, usd: price ? embeddingUsd(price, tokens) : worst.usd })
    else settle(worst)
    return answer
  } catch (thrown) {
    settle(takenByFailure(thrown, worst))
    throw thrown
  }
}

/** What so many tokens cost. */
export function embeddingUsd(price: Price, tokens: number): number {
  return (tokens * price.usdPerMillionTokensIn) / 1e6
}

/** The most tokens of the texts: no token of today's models is less than a byte. */
export function embeddingTokensMax({ values }: EmbeddingCall): number {
  return values.reduce((sum, value) => sum + Buffer.byteLength(value), 0)
}

function worstOf(budgets: readonly Budget[], { id, price, call }: PaidCall): BudgetAmounts {
  const tokens = embeddingTokensMax(call)
  const isPriced = budgets.some(({ limits }) => Number.isFinite(limits.usd))
  if (isPriced && price === undefined) throw priceUnknown(id)
  return { calls: 1, tokens, usd: isPriced && price ? embeddingUsd(price, tokens) : 0 }
}
