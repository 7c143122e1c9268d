/** A budget: how many calls, tokens and dollars a program, a study or a person may spend on models. */

import { checkOptions, definedOptions, invalidOption, rule } from '@mabeam/foundation'
import { type BudgetPart, budgetExhausted, tooManyWaiting } from '../errors.ts'
import { isAmount } from '../usage.ts'
import { type Amounts, type BudgetState, budgetStep, newBudgetState } from './budget-step.ts'

/** What may be spent. A part that is not named has no limit. */
export interface BudgetOptions {
  /** Requests that a provider was sent; those it refused with an HTTP status are given back. @default no limit */
  readonly calls?: number
  /** Tokens in and out. @default no limit */
  readonly tokens?: number
  /** @default no limit */
  readonly usd?: number
  /** Calls that wait for others to give back what was set aside for them; one more is refused. @default 10_000 */
  readonly waitingMax?: number
}

export const budgetDefaults = {
  calls: Number.POSITIVE_INFINITY,
  tokens: Number.POSITIVE_INFINITY,
  usd: Number.POSITIVE_INFINITY,
  waitingMax: 10_000,
} as const satisfies Required<BudgetOptions>

/** Amounts of a budget. */
export interface BudgetAmounts {
  readonly calls: number
  readonly tokens: number
  readonly usd: number
}

/** Shared by all models and programs that spend from it. */
export interface Budget {
  readonly limits: BudgetAmounts
  readonly spent: BudgetAmounts
  /** Set aside for calls under way. */
  readonly reserved: BudgetAmounts
  /**
   * Sets aside what a call may need at worst; waits, first come first served, while calls under way may give enough back.
   *
   * Throws: `dspx/budget-exhausted`, `dspx/too-many-waiting`; `foundation/invalid-option` for what is no amount; `signal.reason`.
   */
  reserve(modelId: string, worst: BudgetAmounts, signal?: AbortSignal): Promise<Reservation>
}

/** What was set aside for one call. */
export interface Reservation {
  /** Counts what the call really took, for what is no number from 0 what was set aside; gives the rest back. Later it does nothing. */
  settle(taken: BudgetAmounts): void
}

interface Waiting {
  readonly modelId: string
  readonly worst: Amounts
  readonly grant: () => void
  readonly refuse: (error: unknown) => void
}

/**
 * A budget.
 *
 * Ensures: `spent + reserved <= limits` as long as no call takes more than was set aside for it; sums of money are exact to a
 * billionth of a dollar, rounded up for each call.
 *
 * @example const budget = createBudget({ calls: 2_000, usd: 5 }); createModels({ budget })
 */
export function createBudget(options: BudgetOptions): Budget {
  checkOptions('createBudget', options, {
    calls: rule.optional(rule.int(0)),
    tokens: rule.optional(rule.int(0)),
    usd: rule.optional(rule.number(0)),
    waitingMax: rule.optional(rule.int(0)),
  })
  const { waitingMax, ...limits } = { ...budgetDefaults, ...definedOptions(options) }
  return new SharedBudget(limits, waitingMax)
}

/** What is left of a budget that was spent from before: who is refused is told of the whole. */
export function restBudget(rest: BudgetOptions, whole: BudgetAmounts): Budget {
  const { waitingMax, ...limits } = { ...budgetDefaults, ...definedOptions(rest) }
  return new SharedBudget(limits, waitingMax, whole)
}

class SharedBudget implements Budget {
  readonly limits: BudgetAmounts
  readonly #limits: Amounts
  readonly #waitingMax: number
  readonly #whole: BudgetAmounts
  #state: BudgetState = newBudgetState
  readonly #waiting = new Set<Waiting>()

  constructor(limits: BudgetAmounts, waitingMax: number, whole = limits) {
    this.limits = limits
    this.#limits = { calls: limits.calls, tokens: limits.tokens, nanoUsd: Math.floor(limits.usd * nanos + 1e-3) }
    this.#waitingMax = waitingMax
    this.#whole = whole
  }

  get spent(): BudgetAmounts {
    return shown(this.#state.spent)
  }

  get reserved(): BudgetAmounts {
    return shown(this.#state.reserved)
  }

  async reserve(modelId: string, worst: BudgetAmounts, signal?: AbortSignal): Promise<Reservation> {
    signal?.throwIfAborted()
    for (const part of parts) {
      if (!isAmount(worst[part])) throw invalidOption('budget.reserve', part, 'a number >= 0', worst[part])
    }
    const amounts = exact(worst)
    // Those who wait go first, so that a big call is not passed for ever by small ones.
    const decision = this.#waiting.size === 0 ? this.#ask(modelId, amounts) : this.#hopeless(modelId, amounts)
    if (decision === 'wait') await this.#turn(modelId, amounts, signal)
    return this.#reservation(amounts, worst)
  }

  #ask(modelId: string, worst: Amounts): 'reserved' | 'wait' {
    const [state, decision] = budgetStep(this.#state, { type: 'ask', worst }, this.#limits)
    if (decision.type === 'refuse') throw this.#refusal(modelId, decision.part, worst)
    this.#state = state
    return decision.type === 'reserved' ? 'reserved' : 'wait'
  }

  /** Who can never be served need not wait for its turn. */
  #hopeless(modelId: string, worst: Amounts): 'wait' {
    const [, decision] = budgetStep(this.#state, { type: 'ask', worst }, this.#limits)
    if (decision.type === 'refuse') throw this.#refusal(modelId, decision.part, worst)
    return 'wait'
  }

  #refusal(modelId: string, part: BudgetPart, worst: Amounts): Error {
    const needed = shown(worst)[part]
    const limit = this.#whole[part]
    const spent = limit - this.limits[part] + this.spent[part]
    return budgetExhausted(modelId, { part, limit, spent, needed })
  }

  async #turn(modelId: string, worst: Amounts, signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiting.size >= this.#waitingMax) throw tooManyWaiting('budget', this.#waitingMax)
    const turn = Promise.withResolvers<void>()
    const waiting: Waiting = { modelId, worst, grant: turn.resolve, refuse: turn.reject }
    this.#waiting.add(waiting)
    const onAbort = () => {
      if (!this.#waiting.delete(waiting)) return
      turn.reject(signal?.reason)
      this.#serve()
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      await turn.promise
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  #reservation(worst: Amounts, asked: BudgetAmounts): Reservation {
    let isOpen = true
    return {
      settle: (taken) => {
        if (!isOpen) return
        isOpen = false
        const [calls, tokens, usd] = parts.map((part) => (isAmount(taken[part]) ? taken[part] : asked[part]))
        const event = { type: 'settled', worst, taken: exact({ calls, tokens, usd } as BudgetAmounts) } as const
        this.#state = budgetStep(this.#state, event, this.#limits)[0]
        this.#serve()
      },
    }
  }

  #serve(): void {
    for (const one of this.#waiting) {
      const [state, decision] = budgetStep(this.#state, { type: 'ask', worst: one.worst }, this.#limits)
      if (decision.type === 'wait') return
      this.#waiting.delete(one)
      this.#state = state
      if (decision.type === 'refuse') one.refuse(this.#refusal(one.modelId, decision.part, one.worst))
      else one.grant()
    }
  }
}

const nanos = 1_000_000_000
const parts = ['calls', 'tokens', 'usd'] as const satisfies readonly BudgetPart[]

/** Rounded up, but for what floating point adds to a whole number. */
function exact({ calls, tokens, usd }: BudgetAmounts): Amounts {
  return { calls, tokens: Math.ceil(tokens), nanoUsd: Math.ceil(usd * nanos - 1e-3) }
}

function shown({ calls, tokens, nanoUsd }: Amounts): BudgetAmounts {
  return { calls, tokens, usd: nanoUsd / nanos }
}
