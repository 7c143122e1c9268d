/** What a teleprompter asks itself: answered from the ledger where it was asked before, and kept there where it was not. */

import type { Ledger } from '../evaluation/ledger.ts'
import { type LanguageModel, layered, type ModelAnswer, type ModelCall } from '../models/language-model.ts'
import { scopedName } from '../models/middleware/cache.ts'
import { callKeys } from '../models/middleware/call-key.ts'
import { keptAnswer, keptText } from '../models/middleware/kept-answer.ts'
import { modelCard } from '../models/model-card.ts'
import { streamOfAnswer } from '../models/streamed-answer.ts'
import { type Usage, usageOf } from '../models/usage.ts'

/** What own calls go through. */
export interface OwnCallOptions {
  readonly ledger: Ledger
  readonly onUsage: (usage: Usage) => void
}

/**
 * Models whose answers are kept. The same call made twice is two calls, in the order of asking, so that sampling gives as many
 * answers as it was asked for, and resuming gives each its own.
 */
export function ownCalls({ ledger, onUsage }: OwnCallOptions): (model: LanguageModel) => LanguageModel {
  const asked = new Map<string, number>()
  const nextOf = (key: string): string => {
    const count = asked.get(key) ?? 0
    asked.set(key, count + 1)
    return `${key}#${count}`
  }
  return (model) => {
    const keyOf = callKeys(scopedName(model, modelCard(model)?.scope ?? ''))
    const answer = async (call: ModelCall): Promise<ModelAnswer> => {
      const key = nextOf(keyOf(call))
      const text = ledger.answer(key)
      const known = text === undefined ? undefined : keptAnswer(text)
      const said = known ?? (await model.doGenerate(call))
      if (known === undefined) await ledger.answered(key, keptText(said))
      onUsage(usageOf(said, 0))
      return said
    }
    return layered(model, { doGenerate: answer, doStream: async (call) => streamOfAnswer(await answer(call)) })
  }
}
