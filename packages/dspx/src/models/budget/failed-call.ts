/** What a call that failed took of its budget. */

import { hasCode, isMabeamError } from '@mabeam/foundation'
import type { BudgetAmounts } from './budget.ts'
import { noAmounts } from './budget-amounts.ts'

/** What never left us, and what a provider refused, costs nothing; of what was lost on the way nobody knows: that takes the worst. */
export function takenByFailure(thrown: unknown, worst: BudgetAmounts): BudgetAmounts {
  const isRefused = hasCode(thrown, 'dspx/model-failed') && typeof thrown.data.status === 'number'
  return isRefused || (isMabeamError(thrown) && unsentCodes.has(thrown.code)) ? noAmounts : worst
}

const unsentCodes: ReadonlySet<string> = new Set([
  'dspx/budget-exhausted',
  'dspx/too-many-waiting',
  'dspx/price-unknown',
  'dspx/cassette-miss',
])
