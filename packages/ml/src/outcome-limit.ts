/** Limits on outcomes: hard constraints on what is only known once a trial was measured, such as a latency. Feasibility comes first. */

import { checkOptions, invalidOption, rule } from '@mabeam/foundation'
import { invalidVariable } from './errors.ts'
import { checkMeasured, lossesOf, type Measured, type Objective } from './objective.ts'

/** A bound on one of the measured values, an objective or not. At least one of the two. */
export interface OutcomeLimit {
  /** The key in a trial's `values`; every complete trial must have it. */
  readonly name: string
  readonly atMost?: number
  readonly atLeast?: number
}

/** The most limits of one study. */
export const limitsMax = 32

/**
 * How far values are beyond the limits: the sum of the excesses, each relative to its bound (absolute for a bound of 0). 0 when
 * all hold; a missing value counts as `Infinity`.
 *
 * Throws: `foundation/invalid-option` for what was not measured, or no list of limits.
 * @example violationOf({ values: { latencyMs: 750 } }, [{ name: 'latencyMs', atMost: 500 }]) // => 0.5
 */
export function violationOf(measured: Measured, limits: readonly OutcomeLimit[]): number {
  checkJudged('violationOf', measured, limits)
  return excessOf(measured, limits)
}

function excessOf({ values }: Measured, limits: readonly OutcomeLimit[]): number {
  let sum = 0
  for (const { name, atMost, atLeast } of limits) {
    const value = values[name] ?? Number.NaN
    if (Number.isNaN(value)) return Number.POSITIVE_INFINITY
    if (atMost !== undefined && value > atMost) sum += (value - atMost) / (Math.abs(atMost) || 1)
    if (atLeast !== undefined && value < atLeast) sum += (atLeast - value) / (Math.abs(atLeast) || 1)
  }
  return sum
}

/** Losses beyond those of anything that can be measured. */
const infeasibleLoss = 1e200
/** Violations above it count as equal. */
const violationMax = 1e50

/**
 * Losses for everything that ranks: those of a feasible trial as they are, all losses of an infeasible one beyond any feasible
 * ones and growing with its violation. So dominance between them is Deb's constrained dominance.
 *
 * Throws: `foundation/invalid-option` for what was not measured, or no lists of objectives and limits.
 * Source: Deb et al., NSGA-II, IEEE Trans. Evol. Comput. 6(2), 2002, section VI. Differs: violations are relative to their bounds.
 */
export function feasibleFirstLosses(
  measured: Measured,
  objectives: readonly Objective[],
  limits: readonly OutcomeLimit[],
): number[] {
  checkJudged('feasibleFirstLosses', measured, limits)
  if (!Array.isArray(objectives)) throw invalidOption('feasibleFirstLosses', 'objectives', 'an array', objectives)
  const violation = excessOf(measured, limits)
  if (violation === 0) return lossesOf(measured, objectives)
  return objectives.map(() => infeasibleLoss * (1 + Math.min(violation, violationMax)))
}

/** Cheap, for it is called once a trial. */
function checkJudged(owner: string, measured: Measured, limits: readonly OutcomeLimit[]): void {
  checkMeasured(owner, 'measured', measured)
  if (!Array.isArray(limits)) throw invalidOption(owner, 'limits', 'an array', limits)
}

/** Throws for too many limits, bounds that can't be, and options that don't exist. */
export function checkLimits(owner: string, limits: readonly OutcomeLimit[]): void {
  if (!Array.isArray(limits) || limits.length > limitsMax) {
    throw invalidVariable(`${owner}: limits`, `at most ${limitsMax} limits`, limits)
  }
  for (const limit of limits) {
    checkOptions(`${owner}: limit`, limit, {
      name: rule.string(),
      atMost: rule.optional(rule.number(Number.NEGATIVE_INFINITY)),
      atLeast: rule.optional(rule.number(Number.NEGATIVE_INFINITY)),
    })
    const { name, atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY } = limit
    if (!Number.isFinite(atMost) && !Number.isFinite(atLeast)) {
      throw invalidVariable(`${owner}: limit "${name}"`, 'a finite atMost or atLeast', limit)
    }
    if (atLeast > atMost) throw invalidVariable(`${owner}: limit "${name}"`, 'atLeast not above atMost', limit)
  }
}
