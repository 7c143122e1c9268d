/** Hyperband: several brackets of successive halving, from many short trials to few long ones, so that no one start is bet on. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import type { Pruner } from '../pruner.ts'
import { checkLadder, judgeAtRung } from './rungs.ts'

export interface HyperbandOptions {
  /** The step of the lowest rung of the most eager bracket. @default 1 */
  readonly minResource?: number
  /** The step of a trial that runs to its end. */
  readonly maxResource: number
  /** η of every bracket. @default 3 */
  readonly reductionFactor?: number
}

export const hyperbandDefaults = {
  minResource: 1,
  reductionFactor: 3,
} satisfies Required<Omit<HyperbandOptions, 'maxResource'>>

/** Golden-section steps spread any run of trial numbers evenly over the brackets. */
const goldenStep = 0.6180339887498949

/**
 * Brackets s = 0 … ⌊log_η(max/min)⌋; bracket s halves from `minResource`·η^s on, and its trials are compared among
 * themselves. A trial's number decides its bracket, in the shares of Hyperband's budget: ⌈(S+1) η^(S-s) / (S-s+1)⌉.
 *
 * Throws: `foundation/invalid-option`; `ml/invalid-variable` when `maxResource` is below `minResource`.
 * Source: Li et al., Hyperband, JMLR 18, 2018; asynchronous brackets as Li et al., MLSys 2020. Differs: trials come one by one, so
 * brackets are filled in shares and not one after the other; within one as `ashaPruner`.
 * @example openStudy({ id: 'tune', space, objectives, seed: 7, pruner: hyperbandPruner({ maxResource: 81 }) })
 */
export function hyperbandPruner(options: HyperbandOptions): Pruner {
  checkOptions('hyperbandPruner', options, {
    minResource: rule.optional(rule.int(1)),
    maxResource: rule.int(1),
    reductionFactor: rule.optional(rule.int(2, 1_000)),
  })
  const { minResource, maxResource, reductionFactor } = { ...hyperbandDefaults, ...definedOptions(options) }
  checkLadder('hyperbandPruner', { minResource, maxResource, reductionFactor })
  const shares = bracketShares(minResource, maxResource, reductionFactor)
  return {
    name: 'hyperband',
    decide(reports, context) {
      const bracket = bracketOf(context.trial, shares)
      const others = context.others.filter(({ number }) => bracketOf(number, shares) === bracket)
      const ladder = { minResource: minResource * reductionFactor ** bracket, maxResource, reductionFactor }
      const decision = judgeAtRung(reports, { ...context, others }, ladder)
      return { ...decision, because: `${decision.because}, in bracket ${bracket}` }
    },
  }
}

/** Share of trials of each bracket, the most eager first. */
export function bracketShares(minResource: number, maxResource: number, reductionFactor: number): number[] {
  let last = 0
  while (minResource * reductionFactor ** (last + 1) <= maxResource) last++
  const sizes = Array.from({ length: last + 1 }, (_, s) =>
    Math.ceil(((last + 1) * reductionFactor ** (last - s)) / (last - s + 1)),
  )
  const total = sizes.reduce((sum, size) => sum + size, 0)
  return sizes.map((size) => size / total)
}

function bracketOf(trial: number, shares: readonly number[]): number {
  let level = (trial * goldenStep) % 1
  for (const [bracket, share] of shares.entries()) {
    level -= share
    if (level < 0) return bracket
  }
  return shares.length - 1
}
