/** Values that are the same or not: settled when enough of the weight stands behind one. */

import {
  type Assessment,
  type BallotContest,
  compare,
  noAssessment,
  reasonsOf,
  standingMax,
  type WeighedStance,
  weightOfAll,
} from '../ballot-contest.ts'
import { valueKey } from '../value-key.ts'

export interface DiscreteContestOptions {
  /** Settled when one value has this share of the weight. */
  readonly agreementMin: number
  /** What may be chosen. @default anything that is JSON */
  readonly options?: readonly unknown[]
}

/** Any data, told apart by its canonical form. A tie goes to the value whose form comes first. */
export function discreteContest({ agreementMin, options }: DiscreteContestOptions): BallotContest {
  const allowed = options && new Set(options.map(valueKey))
  return {
    read(value) {
      const key = valueKey(value)
      return key === undefined || (allowed && !allowed.has(key)) ? undefined : value
    },
    hasMoved: (from, to) => valueKey(from) !== valueKey(to),
    assess: (stances) => assessed(agreementMin, stances),
  }
}

function assessed(agreementMin: number, stances: readonly WeighedStance[]): Assessment {
  const total = weightOfAll(stances)
  if (total === 0) return noAssessment
  const camps = Map.groupBy(stances, ({ value }) => valueKey(value) ?? '')
  const weighed = [...camps].map(([key, camp]) => ({ key, camp, weight: weightOfAll(camp) }))
  const sorted = weighed.toSorted((a, b) => b.weight - a.weight || compare(a.key, b.key))
  const [first] = sorted
  const agreement = (first?.weight ?? 0) / total
  return {
    value: first?.camp[0]?.value,
    agreement,
    isSettled: agreement >= agreementMin,
    discord: 1 - agreement,
    standing: sorted.slice(0, standingMax).map(({ camp, weight }) => ({
      value: camp[0]?.value,
      share: weight / total,
      reasons: reasonsOf(camp),
    })),
  }
}
