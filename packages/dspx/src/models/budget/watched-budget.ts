/** A budget whose reservations are told of. */

import type { Budget, BudgetAmounts } from './budget.ts'
import { noAmounts } from './budget-amounts.ts'

/** Called with each reservation, which counts from when it has ended; what it gives is called once, with what the call took. */
type OnReserved = (modelId: string, worst: BudgetAmounts) => OnSettled | Promise<OnSettled>

type OnSettled = (taken: BudgetAmounts) => void

/** The same budget. Where `onReserved` rejects, what was set aside is given back whole and the reservation rejects with the same. */
export function watchedBudget(budget: Budget, onReserved: OnReserved): Budget {
  return {
    get limits() {
      return budget.limits
    },
    get spent() {
      return budget.spent
    },
    get reserved() {
      return budget.reserved
    },
    async reserve(modelId, worst, signal) {
      const reservation = await budget.reserve(modelId, worst, signal)
      let onSettled: OnSettled | undefined
      try {
        onSettled = await onReserved(modelId, worst)
      } catch (thrown) {
        reservation.settle(noAmounts)
        throw thrown
      }
      return {
        settle(taken) {
          reservation.settle(taken)
          onSettled?.(taken)
          onSettled = undefined
        },
      }
    },
  }
}
