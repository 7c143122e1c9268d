/** Scalarisation: several objectives as one number, by weights that say what matters. */

import { checkOptions, definedOptions, invalidOption, rule } from '@mabeam/foundation'
import { invalidVariable, unusableNumbers } from '../errors.ts'
import { checkAllMeasured, lossesOf, type Measured, type Objective } from '../objective.ts'
import { type OutcomeLimit, violationOf } from '../outcome-limit.ts'
import { normalise, rangeOf } from './normalise.ts'
import { paretoFront } from './pareto-front.ts'

export interface ScalarisationOptions {
  /** What each objective matters, by name; >= 0, not all 0. @default 1 for each objective */
  readonly weights?: { readonly [objective: string]: number }
  /** `chebyshev` finds points of any front; `sum` only those of its convex part. @default 'chebyshev' */
  readonly kind?: 'chebyshev' | 'sum'
  /** Share of the weighted sum in the Chebyshev form, which keeps weakly dominated points out. @default 0.05 */
  readonly rho?: number
  /** Points beyond a limit come after all others. @default [] */
  readonly limits?: readonly OutcomeLimit[]
}

export const scalarisationDefaults = {
  kind: 'chebyshev',
  rho: 0.05,
  limits: [],
} as const satisfies Required<Omit<ScalarisationOptions, 'weights'>>

/**
 * The augmented Chebyshev norm of losses that are scaled to [0, 1]: max(wᵢ fᵢ) + ρ Σ wᵢ fᵢ.
 *
 * Shapes: `losses` [m], `weights` [m] → scalar, m at least 1. Requires: weights >= 0, not all 0.
 * Throws: `ml/unusable-numbers` for other lengths or what is no list; `foundation/invalid-option` for a `rho` that is no number from 0.
 * Source: Steuer & Choo, Math. Programming 26, 1983; ρ = 0.05 as Knowles, ParEGO, IEEE Trans. Evol. Comput. 10(1), 2006. Differs: none.
 * @example chebyshev([0.5, 0], [1, 1], 0.05) // => 0.525
 */
export function chebyshev(losses: readonly number[], weights: readonly number[], rho: number): number {
  if (!Array.isArray(losses) || losses.length === 0) {
    throw unusableNumbers('chebyshev: losses', 'a list of one number or more', losses)
  }
  if (!Array.isArray(weights) || weights.length !== losses.length) {
    throw unusableNumbers('chebyshev: weights', `a list of ${losses.length} numbers`, weights)
  }
  if (!(typeof rho === 'number' && rho >= 0)) throw invalidOption('chebyshev', 'rho', 'a number from 0', rho)
  let most = Number.NEGATIVE_INFINITY
  let sum = 0
  for (const [m, loss] of losses.entries()) {
    const weighted = (weights[m] as number) * loss
    most = Math.max(most, weighted)
    sum += weighted
  }
  return most + rho * sum
}

/** A point with what the weights make of it; the smaller the better. */
export interface Weighed<T> {
  readonly point: T
  readonly score: number
  /** 0 when all limits hold. */
  readonly violation: number
}

/**
 * The points, best by weights first, equal ones in the order given. Objectives are scaled by the range of the front, so that
 * weights say the same whatever the units. A point with a value that isn't finite comes last.
 *
 * Throws: `foundation/invalid-option`; `foundation/unknown-name` for a weight of no objective; `ml/invalid-variable` for weights that can't be.
 * @example rankByWeights(study.observedFront(), study.objectives, { weights: { accuracy: 3, costUsd: 1 } })[0]?.point
 */
export function rankByWeights<T extends Measured>(
  points: readonly T[],
  objectives: readonly Objective[],
  options: ScalarisationOptions = {},
): Weighed<T>[] {
  checkOptions('rankByWeights', { points, objectives }, { points: rule.array(), objectives: rule.array() })
  checkAllMeasured('rankByWeights', 'points', points)
  checkOptions('rankByWeights', options, {
    weights: rule.optional(rule.object()),
    kind: rule.optional(rule.oneOf(['chebyshev', 'sum'])),
    rho: rule.optional(rule.number(0, 1)),
    limits: rule.optional(rule.array()),
  })
  const { kind, rho, limits } = { ...scalarisationDefaults, ...definedOptions(options) }
  const weights = weightsOf(objectives, options.weights ?? {})
  const usable = points.filter((point) => lossesOf(point, objectives).every(Number.isFinite))
  if (usable.length === 0)
    return points.map((point) => ({ point, score: Infinity, violation: violationOf(point, limits) }))
  const all = rangeOf(usable.map((point) => lossesOf(point, objectives)))
  const front = rangeOf(paretoFront(usable, objectives).map((point) => lossesOf(point, objectives)))
  // An objective in which the front does not vary is scaled to all points, or what is dominated in it would cost nothing.
  const nadir = front.nadir.map((worst, m) => (worst === front.ideal[m] ? (all.nadir[m] as number) : worst))
  const range = { ideal: front.ideal, nadir }
  const weighed = points.map((point): Weighed<T> => {
    const losses = normalise(lossesOf(point, objectives), range)
    const sum = () => losses.reduce((total, loss, m) => total + loss * (weights[m] as number), 0)
    const score = losses.every(Number.isFinite) ? (kind === 'sum' ? sum() : chebyshev(losses, weights, rho)) : Infinity
    return { point, score, violation: violationOf(point, limits) }
  })
  return weighed.sort((a, b) => compare(a.violation, b.violation) || compare(a.score, b.score))
}

function weightsOf(objectives: readonly Objective[], given: { readonly [name: string]: number }): number[] {
  const rules = Object.fromEntries(objectives.map(({ name }) => [name, rule.optional(rule.number(0, 1e9))]))
  checkOptions('rankByWeights: weights', given, rules)
  const weights = objectives.map(({ name }) => given[name] ?? 1)
  if (weights.some((weight) => weight > 0)) return weights
  throw invalidVariable('rankByWeights: weights', 'a weight above 0', given)
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1
}
