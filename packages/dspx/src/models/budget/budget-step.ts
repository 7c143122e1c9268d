/**
 * A budget as a pure step: what a call may need at worst is set aside before it is made, and what it really took is counted when
 * it has ended. So calls made at the same time never take more together than there is.
 */

import type { BudgetPart } from '../errors.ts'

/** Amounts of what is budgeted. Money is in whole billionths of a US dollar, so that sums are exact. */
export interface Amounts {
  readonly calls: number
  readonly tokens: number
  readonly nanoUsd: number
}

/** What has been taken, and what is set aside for calls under way. */
export interface BudgetState {
  readonly spent: Amounts
  readonly reserved: Amounts
}

const noAmounts: Amounts = { calls: 0, tokens: 0, nanoUsd: 0 }
export const newBudgetState: BudgetState = { spent: noAmounts, reserved: noAmounts }

export type BudgetEvent =
  /** A call wants to be made. */
  | { readonly type: 'ask'; readonly worst: Amounts }
  /** A call for which `worst` was set aside has ended. */
  | { readonly type: 'settled'; readonly worst: Amounts; readonly taken: Amounts }

export type BudgetDecision =
  | { readonly type: 'reserved' }
  /** There may be enough once calls under way have ended. */
  | { readonly type: 'wait' }
  /** There is not enough left, whatever the calls under way give back. */
  | { readonly type: 'refuse'; readonly part: BudgetPart }
  | { readonly type: 'settled' }

/** The decision as a function: what tests and their mutants pass around. */
export type BudgetStep = (
  state: BudgetState,
  event: BudgetEvent,
  limits: Amounts,
) => readonly [BudgetState, BudgetDecision]

/**
 * One decision.
 *
 * Ensures: `spent + reserved` never exceeds `limits` by what was asked; a call is refused only when what is spent leaves too little.
 */
export const budgetStep: BudgetStep = (state, event, limits) => {
  const { spent, reserved } = state
  if (event.type === 'settled') {
    const { worst, taken } = event
    return [{ spent: sum(spent, taken), reserved: difference(reserved, worst) }, { type: 'settled' }]
  }
  const part = shortage(sum(spent, event.worst), limits)
  if (part !== undefined) return [state, { type: 'refuse', part }]
  const taken = sum(sum(spent, reserved), event.worst)
  if (shortage(taken, limits) !== undefined) return [state, { type: 'wait' }]
  return [{ spent, reserved: sum(reserved, event.worst) }, { type: 'reserved' }]
}

function shortage(wanted: Amounts, limits: Amounts): BudgetPart | undefined {
  if (wanted.calls > limits.calls) return 'calls'
  if (wanted.tokens > limits.tokens) return 'tokens'
  return wanted.nanoUsd > limits.nanoUsd ? 'usd' : undefined
}

function sum(a: Amounts, b: Amounts): Amounts {
  return { calls: a.calls + b.calls, tokens: a.tokens + b.tokens, nanoUsd: a.nanoUsd + b.nanoUsd }
}

function difference(a: Amounts, b: Amounts): Amounts {
  return { calls: a.calls - b.calls, tokens: a.tokens - b.tokens, nanoUsd: a.nanoUsd - b.nanoUsd }
}
