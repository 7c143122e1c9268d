/**
 * Main effects of a forest, each as large as the trials say. A tree asks first about what falls or rises all the way, and has few trials
 * left for a bow, a wave or what is weak; so a forest has the form of such effects, but less of their height.
 */

import { type LeavesIn, mainEffects, varianceOf } from './decomposition.ts'
import type { Forest } from './forest.ts'
import type { Region } from './region.ts'
import { leavesOf, type Tree } from './tree.ts'

export interface ScaledEffects {
  /** The variance of each axis' main effect. Shapes: [d]. */
  readonly mains: Float64Array
  /** What that is more than in the forest, negative where it is less. Shapes: [d]. */
  readonly gains: Float64Array
  /** All variance: that of the forest with these main effects in place of its own. */
  readonly whole: number
}

/** The most trials that heights are fitted to. */
const rowsMax = 2_000
/** A height of 1, which is the forest's, counts as so many trials. */
const priorRows = 5
/** The square of a height in standard errors from which on it is believed, and the more it is above the more. */
const chance = 4
const sweepsMax = 50
/** Done when no height changes by more. */
const tolerance = 1e-4

/**
 * Heights are the least squares of the values by main effects as trees expect them that did not see the trial, none below 0.
 *
 * `variance`: of the forest over the region.   Ensures: the sum of `mains` is at most `whole`, both 0 where the forest is flat.
 * Source: none; the weights of linear stacking as Breiman, Machine Learning 24, 1996, of main effects instead of models.
 */
export function scaledEffects(forest: Forest, at: LeavesIn, variance: number): ScaledEffects {
  const { region } = at
  const own = mainEffects(forest, at).map((effect, d) => varianceOf(effect, region.masses[d] as Float64Array))
  const heights = heightsOf(unseenEffects(forest, region))
  const mains = Float64Array.from(own, (one, d) => one * (heights[d] as number) ** 2)
  const gains = mains.map((one, d) => one - (own[d] as number))
  // The variance is of drawn points, main effects are exact.
  const sum = own.reduce((a, b) => a + b, 0)
  return { mains, gains, whole: Math.max(variance, sum) + gains.reduce((a, b) => a + b, 0) }
}

/** Less their means over rows. Shapes: [d][rows], [rows]. */
interface UnseenEffects {
  readonly effects: readonly Float64Array[]
  readonly values: Float64Array
}

/** Main effects at trials by the trees that did not see them; trials that all trees saw are left out. */
function unseenEffects(forest: Forest, region: Region): UnseenEffects {
  const n = forest.values.length
  const step = Math.ceil(n / rowsMax)
  const counts = new Float64Array(n)
  const sums = forest.axes.map(() => new Float64Array(Math.ceil(n / step)))
  for (const [t, tree] of forest.trees.entries()) {
    const effects = mainEffects({ ...forest, trees: [tree as Tree] }, { leaves: leavesOf(tree), region })
    const columns = forest.columns[t] as readonly Int32Array[]
    for (const row of forest.outOfBag[t] as Int32Array) {
      if (row % step !== 0) continue
      counts[row] = (counts[row] as number) + 1
      for (const [d, sum] of sums.entries()) {
        const cell = columns[d]?.[row] as number
        sum[row / step] = (sum[row / step] as number) + (effects[d]?.[cell] as number)
      }
    }
  }
  const rows = [...counts.keys()].filter((row) => (counts[row] as number) > 0)
  const effects = sums.map((sum) =>
    withoutMean(Float64Array.from(rows, (row) => (sum[row / step] as number) / (counts[row] as number))),
  )
  return { effects, values: withoutMean(Float64Array.from(rows, (row) => forest.values[row] as number)) }
}

function withoutMean(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0)
  return values.map((value) => value - mean)
}

/** One height after another, by what the others leave. Shapes: → [d]. */
function heightsOf({ effects, values }: UnseenEffects): Float64Array {
  const heights = new Float64Array(effects.length).fill(1)
  const rest = values.slice()
  for (const effect of effects) addTimes(rest, effect, -1)
  const squares = effects.map((effect) => productOf(effect, effect))
  for (let sweep = 0; sweep < sweepsMax; sweep++) {
    let most = 0
    for (const [d, effect] of effects.entries()) {
      const square = squares[d] as number
      if (!(square > 0)) continue
      const before = heights[d] as number
      const prior = (square / values.length) * priorRows
      const after = Math.max(0, (productOf(rest, effect) + before * square + prior) / (square + prior))
      heights[d] = after
      addTimes(rest, effect, before - after)
      most = Math.max(most, Math.abs(after - before))
    }
    if (most < tolerance) break
  }
  // What chance could have made stays as the forest has it.
  const noise = productOf(rest, rest) / values.length
  return heights.map((height, d) => {
    const evidence = height * height * (squares[d] as number)
    return evidence > chance * noise ? 1 + (height - 1) * (1 - (chance * noise) / evidence) : 1
  })
}

function productOf(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number)
  return sum
}

function addTimes(to: Float64Array, what: Float64Array, times: number): void {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + times * (what[i] as number)
}
