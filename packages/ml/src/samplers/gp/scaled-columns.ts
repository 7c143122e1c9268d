/**
 * Columns of points in units of their length scales, ready for one set of hyperparameters, and the loops over pairs of them that
 * nearly all the time of a Gaussian process of many dimensions goes into.
 */

import { type Hyperparameters, matern, maternSlope, type PointColumns } from './kernel.ts'

export interface ScaledColumn {
  readonly isIndex: boolean
  /** Whether numbers are missing. */
  readonly hasGaps: boolean
  /** √5 / length scale. */
  readonly rate: number
  /** Squared distance, kernel and its slope of what differs in kind or in activity. */
  readonly apartSquare: number
  readonly apart: number
  readonly apartSlope: number
  /** `rate` times each number, NaN where it is inactive; an index where the dimension is unordered, then -1. Shapes: [≥ n]. */
  readonly places: Float64Array
}

/** Shapes: [d][≥ n] → [d]. */
export function scaledColumns({ columns, unordered }: PointColumns, { weights }: Hyperparameters): ScaledColumn[] {
  return columns.map((column, d) => {
    const weight = weights[d] as number
    const isIndex = unordered[d] === 1
    const rate = Math.sqrt(5 * weight)
    const places = new Float64Array(column.length)
    let gaps = 0
    for (let i = 0; i < places.length; i++) {
      places[i] = placed(column[i] as number, { isIndex, rate })
      if (Number.isNaN(places[i])) gaps++
    }
    const apart = { apartSquare: 5 * weight, apart: matern(weight), apartSlope: maternSlope(weight) }
    return { isIndex, hasGaps: gaps > 0, rate, ...apart, places }
  })
}

/** A number in the units of a column. */
export function placed(x: number, { isIndex, rate }: Pick<ScaledColumn, 'isIndex' | 'rate'>): number {
  if (!isIndex) return rate * x
  return Number.isNaN(x) ? -1 : x
}

/** Exponentials e^-r by table and Taylor's series of the rest: their error is 2e-12 of them, and a loop does two of them at once. */
const cellsPerUnit = 32
const cell = 1 / cellsPerUnit
/** Farther apart is as far: e^-80 is nothing. */
const farthest = 80
const decays = Float64Array.from({ length: farthest * cellsPerUnit + 1 }, (_, k) => Math.exp(-k * cell))

/** e^-r. Requires: 0 to `farthest`. */
function decayOf(r: number): number {
  const k = (r * cellsPerUnit) | 0
  const f = k * cell - r
  return (decays[k] as number) * (1 + f * (1 + f * (1 / 2 + f * (1 / 6 + f * (1 / 24 + f * (1 / 120))))))
}

/** Where sums over dimensions are kept: of one point with the first `count` of a column, from `from` on. */
export interface PairSums {
  /** Squared distances, five times the weighted ones. */
  readonly squares: Float64Array
  /** Kernels of single dimensions; left out where undefined. */
  readonly alone: Float64Array | undefined
  readonly from: number
  readonly count: number
}

/** Adds what one dimension says of the pairs of a point at `place` with the first `count` points. */
export function addPairs(column: ScaledColumn, place: number, sums: PairSums): void {
  const { squares, alone, from, count } = sums
  const { isIndex, hasGaps, places } = column
  if (isIndex || hasGaps || Number.isNaN(place)) addMixedPairs(column, place, sums)
  else if (alone) {
    for (let j = 0, p = from; j < count; j++, p++) {
      const r = Math.min(farthest, Math.abs(place - (places[j] as number)))
      const square = r * r
      squares[p] = (squares[p] as number) + square
      alone[p] = (alone[p] as number) + decayOf(r) * (1 + r + square * (1 / 3))
    }
  } else {
    for (let j = 0, p = from; j < count; j++, p++) {
      const r = Math.min(farthest, Math.abs(place - (places[j] as number)))
      squares[p] = (squares[p] as number) + r * r
    }
  }
}

/** Indices, and numbers of which some are missing. */
function addMixedPairs(column: ScaledColumn, place: number, { squares, alone, from, count }: PairSums): void {
  const { places, apart, apartSquare } = column
  for (let j = 0, p = from; j < count; j++, p++) {
    const r = distanceIn(column, place, places[j] as number)
    squares[p] = (squares[p] as number) + (r < 0 ? apartSquare : r * r)
    if (alone) alone[p] = (alone[p] as number) + (r < 0 ? apart : decayOf(r) * (1 + r + r * r * (1 / 3)))
  }
}

/** Of two places; -1 where they differ in kind or in activity. */
function distanceIn({ isIndex }: ScaledColumn, a: number, b: number): number {
  if (isIndex) return a === b ? 0 : -1
  const r = Math.min(farthest, Math.abs(a - b))
  return Number.isNaN(r) ? (Number.isNaN(a) && Number.isNaN(b) ? 0 : -1) : r
}

/** What pairs of a point with the first `count` points weigh, from `from` on. */
export interface PairWeights {
  readonly byWhole: Float64Array
  readonly byAlone: Float64Array
  readonly from: number
  readonly count: number
}

/** Σ weight · squared distance, for `alone` times the slope of one dimension's kernel. */
export interface SlopeSums {
  whole: number
  alone: number
}

/** Adds the pairs of point `i` with the first `count` points. */
export function addSlopes(
  column: ScaledColumn,
  place: number,
  { weights, sums }: { readonly weights: PairWeights; readonly sums: SlopeSums },
): void {
  const { byWhole, byAlone, from, count } = weights
  const { isIndex, hasGaps, apartSquare, apartSlope, places } = column
  let whole = 0
  let alone = 0
  if (isIndex || hasGaps || Number.isNaN(place)) {
    for (let j = 0, p = from; j < count; j++, p++) {
      const r = distanceIn(column, place, places[j] as number)
      const square = r < 0 ? apartSquare : r * r
      whole += square * (byWhole[p] as number)
      alone += square * (byAlone[p] as number) * (r < 0 ? apartSlope : (-5 / 6) * decayOf(r) * (1 + r))
    }
    sums.whole += whole
    sums.alone += alone
    return
  }
  for (let j = 0, p = from; j < count; j++, p++) {
    const r = Math.min(farthest, Math.abs(place - (places[j] as number)))
    const square = r * r
    whole += square * (byWhole[p] as number)
    alone += square * (byAlone[p] as number) * decayOf(r) * (1 + r)
  }
  sums.whole += whole
  sums.alone += (-5 / 6) * alone
}

export interface SlopeWeights {
  /** Of each point, for the kernel of all dimensions together. Shapes: [n]. */
  readonly whole: Float64Array
  /** For the kernel of one dimension. */
  readonly alone: number
  /** Shapes: [n]. */
  readonly byMean: Float64Array
  readonly byVariance: Float64Array
}

/** Sums of derivatives by place; undefined where the place is none that moves. */
export function slopesAlong(
  { isIndex, places }: ScaledColumn,
  place: number,
  { whole, alone, byMean, byVariance }: SlopeWeights,
): { readonly mean: number; readonly variance: number } | undefined {
  if (isIndex || Number.isNaN(place)) return undefined
  let mean = 0
  let variance = 0
  for (let i = 0; i < byMean.length; i++) {
    const difference = place - (places[i] as number)
    if (Number.isNaN(difference)) continue
    const r = Math.min(farthest, Math.abs(difference))
    const slope = ((whole[i] as number) - (5 / 6) * alone * decayOf(r) * (1 + r)) * difference
    mean += slope * (byMean[i] as number)
    variance += slope * (byVariance[i] as number)
  }
  return { mean, variance }
}
