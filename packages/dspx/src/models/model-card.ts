/** What is known of a model beside what the AI SDK says of it: its price and whose answers it gives. */

import type { Budget } from './budget/budget.ts'
import type { LanguageModel } from './language-model.ts'
import type { Price } from './price-table.ts'

/** Kept beside the model, so that models of any provider can have one. */
export interface ModelCard {
  readonly price?: Price
  /** Part of cache keys: the address of its server, or the version of the local model. */
  readonly scope: string
  /** The same model that also spends from this budget, at each attempt over the network. */
  readonly withBudget: (budget: Budget) => LanguageModel
}

const cards = new WeakMap<LanguageModel, ModelCard>()

/** Remembers what is known of a model for as long as the model lives. */
export function describeModel(model: LanguageModel, card: ModelCard): LanguageModel {
  cards.set(model, card)
  return model
}

/** What is known of a model of `createModels` or of a provider function. */
export function modelCard(model: LanguageModel): ModelCard | undefined {
  return cards.get(model)
}
