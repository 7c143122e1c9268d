/** Numbers: settled when those that are left after trimming lie close enough together. */

import {
  type Assessment,
  type BallotContest,
  noAssessment,
  reasonsOf,
  type StandingValue,
  standingMax,
  type WeighedStance,
  weightOfAll,
} from '../ballot-contest.ts'
import { spreadOf, trimmedValues, weightedMean, weightedMedian } from '../trimmed-values.ts'

export interface NumericContestOptions {
  /** As many may be lies: taken off each end. */
  readonly traitors: number
  /** Settled when they are no farther apart than this. */
  readonly spreadMax: number
  readonly result: 'median' | 'trimmed-mean'
}

/** Who moves by less than this share of `spreadMax` has not moved. */
const moveShare = 0.1

type Estimate = WeighedStance & { readonly value: number }

/**
 * Numbers, with up to `traitors` lies among them.
 *
 * Ensures: with no more lies than that, the value lies between the least and the largest honest number, and so do all that participants
 * are shown. Of fewer than `2 traitors + 1` numbers it says nothing.
 */
export function numericContest(options: NumericContestOptions): BallotContest {
  return {
    read: (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined),
    hasMoved: (from, to) => Math.abs(Number(to) - Number(from)) > options.spreadMax * moveShare,
    assess: (stances) => assessed(options, stances as readonly Estimate[]),
  }
}

function assessed({ traitors, spreadMax, result }: NumericContestOptions, estimates: readonly Estimate[]): Assessment {
  const left = trimmedValues(estimates, traitors)
  if (left.length === 0) return noAssessment
  const spread = spreadOf(left)
  const value = result === 'median' ? weightedMedian(left) : weightedMean(left)
  const total = weightOfAll(estimates)
  const near = estimates.filter((one) => Math.abs(one.value - value) <= spreadMax)
  return {
    value,
    agreement: total === 0 ? 0 : weightOfAll(near) / total,
    spread,
    isSettled: spread <= spreadMax,
    discord: spread,
    standing: standingOf(left),
  }
}

/** The values themselves where they are few; else as many slices of the sorted values as may be shown, by their medians. */
function standingOf(left: readonly Estimate[]): readonly StandingValue[] {
  const total = weightOfAll(left)
  const sliceSize = Math.ceil(left.length / standingMax)
  const slices: StandingValue[] = []
  for (let at = 0; at < left.length; at += sliceSize) {
    const slice = left.slice(at, at + sliceSize)
    const share = total === 0 ? slice.length / left.length : weightOfAll(slice) / total
    const value = weightedMedian(slice)
    const last = slices.at(-1)
    if (last?.value !== value) slices.push({ value, share, reasons: reasonsOf(slice) })
    else slices[slices.length - 1] = { ...last, share: last.share + share }
  }
  return slices.toSorted((a, b) => b.share - a.share)
}
