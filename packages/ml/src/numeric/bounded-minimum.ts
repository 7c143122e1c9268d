/** Minimum of a smooth function inside a box, from its gradient: limited-memory BFGS with bounds. */

import { unusableNumbers } from '../errors.ts'

/** Value at `x`; writes the gradient into `gradient`. A value that is NaN or infinite counts as worse than any. */
export type SmoothFunction = (x: Float64Array, gradient: Float64Array) => number

export interface BoundedMinimumOptions {
  /** Ends of the box. Shapes: [n]. May be infinite; may be equal. */
  readonly low: Float64Array
  readonly high: Float64Array
  /** The most evaluations of the function. @default 100 */
  readonly evaluationsMax?: number
  /** Done when no coordinate of the projected gradient is larger. @default 1e-6 */
  readonly gradientTolerance?: number
  /** Done when a step improves the value by less than this part of max(|value|, 1). @default 1e-10 */
  readonly valueTolerance?: number
  /** What a search on a function much like this one learned of its curvature. @default [] */
  readonly curvature?: readonly CurvaturePair[]
}

const boundedMinimumDefaults = {
  evaluationsMax: 100,
  gradientTolerance: 1e-6,
  valueTolerance: 1e-10,
  curvature: [],
} satisfies Omit<Required<BoundedMinimumOptions>, 'low' | 'high'>

export interface BoundedMinimum {
  readonly x: Float64Array
  readonly value: number
  readonly evaluations: number
  /** Of the last steps, for a search on a function much like this one. */
  readonly curvature: readonly CurvaturePair[]
}

/** Pairs of steps and changes of gradient that are remembered. */
const pairsMax = 8

/**
 * Goes down from `start`, which is moved into the box first.
 *
 * Ensures: a point of the box that is never worse than the start.   Throws: `ml/unusable-numbers` for other lengths or low above high.
 * Source: Byrd, Lu, Nocedal & Zhu, SIAM J. Sci. Comput. 16(5), 1995 (L-BFGS-B). Differs: the active set is that of Bertsekas' projected
 * Newton (SIAM J. Control Optim. 20(2), 1982), coordinates at a bound whose gradient points outwards, in place of the generalised Cauchy
 * point; the search is backtracking on the projected path.
 * @example boundedMinimum((x, g) => { g[0] = 2 * x[0]; return x[0] ** 2 }, Float64Array.of(3), { low: Float64Array.of(1), high: Float64Array.of(9) }).x // => [1]
 */
export function boundedMinimum(
  evaluate: SmoothFunction,
  start: Float64Array,
  options: BoundedMinimumOptions,
): BoundedMinimum {
  const { low, high, evaluationsMax, gradientTolerance, valueTolerance, curvature } = {
    ...boundedMinimumDefaults,
    ...options,
  }
  const n = start.length
  if (low.length !== n || high.length !== n)
    throw unusableNumbers('boundedMinimum: low', `bounds of ${n} numbers`, low.length)
  if (low.some((value, i) => !(value <= (high[i] as number)))) {
    throw unusableNumbers('boundedMinimum: low', 'numbers that are not above high', [...low])
  }
  const project = (x: Float64Array) =>
    x.map((value, i) => Math.min(high[i] as number, Math.max(low[i] as number, value)))
  const pairs: CurvaturePair[] = curvature.slice(-pairsMax)
  let x = project(start)
  let gradient = new Float64Array(n)
  let value = evaluate(x, gradient)
  let evaluations = 1
  while (evaluations < evaluationsMax) {
    const free = freeCoordinates({ x, gradient, low, high })
    if (!free.some((isFree, i) => isFree === 1 && Math.abs(gradient[i] as number) > gradientTolerance)) break
    let direction = directionOf(gradient, free, pairs)
    let slope = sumOf(direction, gradient)
    if (!(slope < 0)) {
      pairs.length = 0
      direction = directionOf(gradient, free, pairs)
      slope = sumOf(direction, gradient)
      if (!(slope < 0)) break
    }
    // Before anything is known about curvature a step has at most length 1.
    let step = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(sumOf(direction, direction))) : 1
    let accepted = false
    for (let cut = 0; cut < 12 && evaluations < evaluationsMax; cut++) {
      const next = project(x.map((at, i) => at + step * (direction[i] as number)))
      const nextGradient = new Float64Array(n)
      const nextValue = evaluate(next, nextGradient)
      evaluations++
      const moved = next.map((at, i) => at - (x[i] as number))
      const expected = sumOf(gradient, moved)
      if (Number.isFinite(nextValue) && nextValue <= value + 1e-4 * Math.min(expected, 0) && nextValue < value) {
        remember(
          pairs,
          moved,
          nextGradient.map((one, i) => one - (gradient[i] as number)),
        )
        accepted = value - nextValue > valueTolerance * Math.max(1, Math.abs(value))
        ;[x, gradient, value] = [next, nextGradient, nextValue]
        break
      }
      step *= cutOf({ value, nextValue, slope: expected })
    }
    if (!accepted) break
  }
  return { x, value, evaluations, curvature: pairs }
}

/** A step and how the gradient changed on it. Shapes: [n]. */
export interface CurvaturePair {
  readonly step: Float64Array
  readonly change: Float64Array
  /** Their product, above 0. */
  readonly curvature: number
}

/** The minimum of the parabola through value, slope and next value, kept between a tenth and a half. */
function cutOf({ value, nextValue, slope }: { value: number; nextValue: number; slope: number }): number {
  const best = -slope / (2 * (nextValue - value - slope))
  return best > 0.1 && best < 0.5 ? best : Number.isFinite(nextValue) && best >= 0.5 ? 0.5 : 0.1
}

function freeCoordinates(state: {
  readonly x: Float64Array
  readonly gradient: Float64Array
  readonly low: Float64Array
  readonly high: Float64Array
}): Uint8Array {
  const { x, gradient, low, high } = state
  const isFree = (at: number, i: number) => {
    const slope = gradient[i] as number
    return !((at <= (low[i] as number) && slope >= 0) || (at >= (high[i] as number) && slope <= 0))
  }
  return Uint8Array.from(x, (at, i) => Number(isFree(at, i)))
}

/** Two-loop recursion over the free coordinates; steepest descent without pairs. */
function directionOf(gradient: Float64Array, free: Uint8Array, pairs: readonly CurvaturePair[]): Float64Array {
  const direction = gradient.map((one, i) => (free[i] ? -one : 0))
  const factors: number[] = []
  for (let k = pairs.length - 1; k >= 0; k--) {
    const { step, change, curvature } = pairs[k] as CurvaturePair
    const factor = sumOf(step, direction) / curvature
    factors[k] = factor
    for (let i = 0; i < direction.length; i++) direction[i] = (direction[i] as number) - factor * (change[i] as number)
  }
  const last = pairs.at(-1)
  const scale = last ? last.curvature / sumOf(last.change, last.change) : 1
  for (let i = 0; i < direction.length; i++) direction[i] = (direction[i] as number) * scale
  for (const [k, { step, change, curvature }] of pairs.entries()) {
    const factor = (factors[k] as number) - sumOf(change, direction) / curvature
    for (let i = 0; i < direction.length; i++) direction[i] = (direction[i] as number) + factor * (step[i] as number)
  }
  return direction.map((one, i) => (free[i] ? one : 0))
}

/** Keeps the pair only where it says that the function curves upwards. */
function remember(pairs: CurvaturePair[], step: Float64Array, change: Float64Array): void {
  const curvature = sumOf(step, change)
  if (!(curvature > 1e-10 * sumOf(change, change))) return
  pairs.push({ step, change, curvature })
  if (pairs.length > pairsMax) pairs.shift()
}

function sumOf(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number)
  return sum
}
