/** Better together: teleprompters one after the other, each from the best that there is when its turn comes. */

import { checkOptions, definedOptions, invalidOption, rule } from '@mabeam/foundation'
import type { BudgetAmounts } from '../../models/budget/budget.ts'
import type { ProgramDefinition } from '../../programs/program-definition.ts'
import { ranked } from '../ranking.ts'
import type { Candidate, Evidence, Teleprompter, TuningContext } from '../teleprompter.ts'
import { bootstrapRandomSearch } from './bootstrap-random-search.ts'
import { gepa } from './gepa.ts'
import { startOf, type Trying } from './trying.ts'

export interface BetterTogetherOptions {
  /** In their order. At most `togetherMax`. @default [gepa(), bootstrapRandomSearch()] */
  readonly teleprompters?: readonly Teleprompter[]
}

/** The most teleprompters of one sequence. */
export const togetherMax = 100

/**
 * Runs each teleprompter on an equal share of what is left of the budget, with the best program so far as the one that it is given.
 *
 * Source: Soylu et al., Fine-Tuning and Prompt Optimization: Two Great Steps that Work Better Together, EMNLP 2024. Differs: all
 * steps tune prompts and settings, none weights.
 */
export function betterTogether(options: BetterTogetherOptions = {}): Teleprompter {
  checkOptions('betterTogether', options, { teleprompters: rule.optional(rule.array()) })
  const { teleprompters } = { teleprompters: [gepa(), bootstrapRandomSearch()], ...definedOptions(options) }
  if (teleprompters.length === 0 || teleprompters.length > togetherMax) {
    throw invalidOption('betterTogether', 'teleprompters', `1 to ${togetherMax} teleprompters`, teleprompters.length)
  }
  for (const one of teleprompters) {
    if (typeof one?.propose === 'function' && typeof one.name === 'string') continue
    throw invalidOption('betterTogether', 'teleprompters', 'teleprompters', one)
  }
  return {
    name: `better-together(${teleprompters.map(({ name }) => name).join(', ')})`,
    async *propose(context) {
      for (const [i, one] of teleprompters.entries()) {
        const left = context.budgetLeft()
        if (Math.min(left.calls, left.tokens, left.usd) <= 0) return
        yield* takeTurn(context, one, { turn: i, share: 1 / (teleprompters.length - i) })
      }
    },
  }
}

/** Passes proposals and evidence on until the teleprompter has finished or its share is spent. */
async function* takeTurn(
  context: TuningContext,
  teleprompter: Teleprompter,
  { turn, share }: { readonly turn: number; readonly share: number },
): Trying<void> {
  const best = bestOf(context)
  const given = context.candidates[best.candidate] as Candidate
  const inner = turnContext(context, { best, given, turn, share })
  const generator = teleprompter.propose(inner)
  let evidence: readonly Evidence[] = []
  try {
    for (;;) {
      const next = await generator.next(evidence)
      if (next.done === true) return
      // what starts from the program as given starts from the best here
      const parents = (own: readonly number[]) => own.map((parent) => (parent === 0 ? best.candidate : parent))
      evidence = yield next.value.map((one) => ({
        ...one,
        origin: { ...one.origin, parents: parents(one.origin.parents) },
      }))
      inner.evidence.push(...evidence)
      const { calls, tokens, usd } = inner.budgetLeft()
      if (Math.min(calls, tokens, usd) <= 0) return
    }
  } finally {
    await generator.return()
  }
}

interface Turn {
  readonly best: Evidence
  readonly given: Candidate
  readonly turn: number
  readonly share: number
}

/** The run as one teleprompter of the sequence sees it: the best is what is given, and its share is the budget. */
function turnContext(
  context: TuningContext,
  { best, given, turn, share }: Turn,
): TuningContext & { readonly evidence: Evidence[] } {
  const before = context.budgetLeft()
  const kept = (amount: number) => (Number.isFinite(amount) ? amount * (1 - share) : 0)
  const later: BudgetAmounts = { calls: kept(before.calls), tokens: kept(before.tokens), usd: kept(before.usd) }
  const program = Object.create(context.program, { initialState: { value: () => given.state } }) as ProgramDefinition
  return {
    ...context,
    program,
    initial: given.state,
    random: context.random.fork(`turn ${turn}`),
    evidence: [best],
    // what one leaves of its share is the next one's
    endedByBudget: () => {
      if (share === 1) context.endedByBudget()
    },
    budgetLeft: () => {
      const { calls, tokens, usd } = context.budgetLeft()
      return { calls: calls - later.calls, tokens: tokens - later.tokens, usd: usd - later.usd }
    },
  }
}

function bestOf(context: TuningContext): Evidence {
  const whole = context.evidence.filter(({ isWhole, failure }) => isWhole && failure === undefined)
  return ranked(whole, context.objectives)[0] ?? startOf(context)
}
