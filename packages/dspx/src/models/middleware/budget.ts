/** Budget: no call is made that may cost more than there is left. */

import { checkOptions, definedOptions, hasCode, rule } from '@mabeam/foundation'
import type { Budget, BudgetAmounts, Reservation } from '../budget/budget.ts'
import { noAmounts } from '../budget/budget-amounts.ts'
import { takenByFailure } from '../budget/failed-call.ts'
import { checkModel } from '../call-check.ts'
import { type BudgetShortage, budgetExhausted, priceUnknown } from '../errors.ts'
import type { LanguageModel, Middleware, ModelCall } from '../language-model.ts'
import { modelCard } from '../model-card.ts'
import { checkPrice, type Price, priceUsd } from '../price-table.ts'
import { promptTokensMax } from '../token-estimate.ts'
import { answerMetadata, countedTokens, isAmount } from '../usage.ts'
import { type AnswerEnd, watchedCalls } from '../watched-calls.ts'

/** Whose budget, and what a call may need. */
export interface BudgetMiddlewareOptions {
  readonly budget: Budget
  /** Needed where the budget limits money. @default the price of a model of `createModels` */
  readonly price?: Price
  /**
   * The most tokens of an answer, sent with calls that name none themselves, where the budget limits tokens or money: without it
   * nobody knows what a call may cost. @default 8_192
   */
  readonly outputTokensMax?: number
  /** An upper bound of the tokens of a prompt. @default one for each byte of text, see `promptTokensMax` */
  readonly promptTokens?: (call: ModelCall) => number
}

export const budgetMiddlewareDefaults = {
  outputTokensMax: 8_192,
  promptTokens: promptTokensMax,
} as const satisfies Omit<Required<BudgetMiddlewareOptions>, 'budget' | 'price'>

/**
 * Sets aside what a call may need at worst (the tokens of the prompt and `maxOutputTokens`, at their price), and counts what it
 * took when it has ended. A cached answer and a call that the provider refused with an HTTP status take nothing; a call whose end
 * nobody knows (aborted, timed out, connection lost, a stream given up) takes all that was set aside.
 *
 * Throws: `dspx/budget-exhausted`; `dspx/price-unknown` where the budget limits money and nobody knows the price.
 * @example budgetMiddleware({ budget: createBudget({ calls: 100 }) })(model)
 */
export function budgetMiddleware(options: BudgetMiddlewareOptions): Middleware {
  checkOptions('budgetMiddleware', options, {
    budget: rule.having('reserve'),
    price: rule.optional(rule.object()),
    outputTokensMax: rule.optional(rule.int(1)),
    promptTokens: rule.optional(rule.fn()),
  })
  if (options.price !== undefined) checkPrice('budgetMiddleware: price', options.price)
  const settings = { ...budgetMiddlewareDefaults, ...definedOptions(options) }
  const { budget, outputTokensMax } = settings
  const needsTokens = Number.isFinite(budget.limits.tokens) || Number.isFinite(budget.limits.usd)
  return (model) => {
    const price = settings.price ?? modelCard(model)?.price
    return watchedCalls(model, async (call) => {
      const bounded =
        needsTokens && call.maxOutputTokens === undefined ? { ...call, maxOutputTokens: outputTokensMax } : call
      const worst = needsTokens ? worstOf(bounded, settings, { model, price }) : oneCall
      let reservation: Reservation
      try {
        reservation = await budget.reserve(model.modelId, worst, call.abortSignal)
      } catch (thrown) {
        throw explained(thrown, { call, tokensOut: bounded.maxOutputTokens ?? 0, worst, price })
      }
      return {
        call: bounded,
        answered: (end) => void reservation.settle(takenBy(end, worst, price)),
        failed: (thrown) => {
          reservation.settle(takenByFailure(thrown, worst))
          return thrown
        },
      }
    })
  }
}

const oneCall: BudgetAmounts = { calls: 1, tokens: 0, usd: 0 }

function worstOf(
  call: ModelCall,
  settings: Pick<Required<BudgetMiddlewareOptions>, 'budget' | 'promptTokens' | 'outputTokensMax'>,
  { model, price }: { readonly model: LanguageModel; readonly price: Price | undefined },
): BudgetAmounts {
  const { budget, promptTokens, outputTokensMax } = settings
  const tokensIn = promptTokens(call)
  const tokensOut = call.maxOutputTokens ?? outputTokensMax
  const isPriced = Number.isFinite(budget.limits.usd)
  if (isPriced && price === undefined) throw priceUnknown(model.modelId)
  return { calls: 1, tokens: tokensIn + tokensOut, usd: price && isPriced ? worstUsd(price, tokensIn, tokensOut) : 0 }
}

function worstUsd(price: Price, tokensIn: number, tokensOut: number): number {
  return (tokensIn * worstUsdPerMillionIn(price) + tokensOut * price.usdPerMillionTokensOut) / 1e6
}

/** Writing to a provider's cache may cost more than reading plainly. */
function worstUsdPerMillionIn({ usdPerMillionTokensIn, usdPerMillionTokensCacheWrite = 0 }: Price): number {
  return Math.max(usdPerMillionTokensIn, usdPerMillionTokensCacheWrite)
}

/** What was set aside for a call that the budget refused. */
interface RefusedCall {
  readonly call: ModelCall
  readonly tokensOut: number
  readonly worst: BudgetAmounts
  readonly price: Price | undefined
}

/** The refusal of a budget, which knows sums alone, with what the sum consists of. Anything else as it is. */
function explained(thrown: unknown, { call, tokensOut, worst, price }: RefusedCall): unknown {
  if (!hasCode(thrown, 'dspx/budget-exhausted')) return thrown
  const { modelId, part, limit, spent, needed } = thrown.data as Partial<BudgetShortage & { modelId: string }>
  const isTold = modelId !== undefined && limit !== undefined && spent !== undefined && needed !== undefined
  if (!isTold || part === undefined || part === 'calls') return thrown
  const usdPerToken = part === 'usd' && price && tokenPrice(price)
  const setAside = {
    tokensIn: worst.tokens - tokensOut,
    tokensOut,
    isNamed: call.maxOutputTokens !== undefined,
    ...(usdPerToken && { usdPerToken }),
  }
  return budgetExhausted(modelId, { part, limit, spent, needed, setAside })
}

function tokenPrice(price: Price): { readonly in: number; readonly out: number } {
  return { in: worstUsdPerMillionIn(price) / 1e6, out: price.usdPerMillionTokensOut / 1e6 }
}

/** What the provider counted; where it did not, what was set aside. */
function takenBy(end: AnswerEnd, worst: BudgetAmounts, price: Price | undefined): BudgetAmounts {
  const { cached, costUsd } = answerMetadata(end)
  if (cached) return noAmounts
  const tokens = countedTokens(end.usage)
  const usd = costUsd ?? (tokens !== undefined && price ? priceUsd(price, end.usage) : undefined)
  return { calls: 1, tokens: tokens ?? worst.tokens, usd: isAmount(usd) ? usd : worst.usd }
}

/**
 * The model under one more budget. A model of `createModels` or of a provider function spends at each attempt over the network,
 * retries included; any other model at each call. The same model and budget give the same object, and one
 * that is under the budget already is given as it is.
 *
 * @example const careful = budgeted(openai('gpt-4.1-mini'), createBudget({ usd: 1 }))
 */
export function budgeted(model: LanguageModel, budget: Budget): LanguageModel {
  checkModel('budgeted', model)
  checkOptions('budgeted', { budget }, { budget: rule.having('reserve') })
  const known = underBudget.get(budget) ?? new WeakMap<LanguageModel, LanguageModel>()
  underBudget.set(budget, known)
  const found = known.get(model)
  if (found) return found
  const made = modelCard(model)?.withBudget(budget) ?? budgetMiddleware({ budget })(model)
  known.set(model, made)
  known.set(made, made)
  return made
}

const underBudget = new WeakMap<Budget, WeakMap<LanguageModel, LanguageModel>>()
