/** Why a tuning run goes no further: calls, tokens, money or time of its budget are over, or the number of its candidates. */

import { hasCode, isMabeamError } from '@mabeam/foundation'

/** Why nothing more is tried: what is left does not pay for it, or there are as many candidates as there may be. */
export class BudgetEnd extends Error {
  readonly ended: 'budget' | 'candidates' = 'budget'
  /** In which words the budget refused a call or a row. */
  readonly refusal: string | undefined

  constructor(message: string, refusal?: string) {
    super(message)
    this.refusal = refusal
  }
}

class CandidatesEnd extends BudgetEnd {
  override readonly ended = 'candidates'
}

/** The reason to end when there are more candidates than there may be. */
export function candidatesEnd(max: number): Error {
  return new CandidatesEnd(`expected at most ${max} candidates`)
}

/** What ended, of an error that {@link isBudgetEnd} knows. */
export function endOf(thrown: unknown): 'budget' | 'candidates' {
  return thrown instanceof BudgetEnd ? thrown.ended : 'budget'
}

/** Whether it is such an end, or the refusal of a call by its budget. */
export function isBudgetEnd(thrown: unknown): boolean {
  return thrown instanceof BudgetEnd || hasCode(thrown, 'dspx/budget-exhausted')
}

/** In which words a budget refused what was next, of an error that {@link isBudgetEnd} knows: none where time or candidates ended it. */
export function refusalOf(thrown: unknown): string | undefined {
  if (thrown instanceof BudgetEnd) return thrown.refusal
  return isMabeamError(thrown) ? thrown.message : undefined
}

/** The reason of a signal that aborts when the time of a budget is over. */
export function timeIsUp(): Error {
  return new BudgetEnd('the time of the budget is over')
}
