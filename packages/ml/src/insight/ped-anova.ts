/** Importance to good configurations: how differently the best trials choose a variable. */

import type { Axis } from './axis.ts'
import { bandwidthOf, cellDensity } from './cell-density.ts'
import type { Effect } from './effect.ts'
import type { Evidence } from './evidence.ts'

/** A divergence below it is rounding. */
const rounding = 1e-12
/** The best so much of the trials, two at least. */
const topShare = 0.1

/**
 * The Pearson χ² divergence of the best tenth of the trials from all, by densities on the cells of each axis, where the variable is active.
 *
 * Cost: O(n log n + d · n).
 * Source: Watanabe, Bansal & Hutter, PED-ANOVA, IJCAI 2023. Differs: cells are those of this room; the density of all trials, and not
 * the prior, is what the best are held against, so that where a sampler searched most does not count as good; both have the bandwidth and the
 * prior's share of the best, so that a variable that was chosen alike has a divergence near 0; and what a tenth drawn by chance would
 * have is taken off, else many variables without effect have most of the importance together.
 */
export function pedAnovaEffects({ axes, columns, values, largerIsBetter }: Evidence): readonly Effect[] {
  const n = values.length
  const sign = largerIsBetter ? -1 : 1
  const order = [...values.keys()].sort((a, b) => sign * ((values[a] as number) - (values[b] as number)) || a - b)
  const last = order[Math.max(1, Math.ceil(topShare * n) - 1)] as number
  const isTop = values.map((value) => Number(sign * value <= sign * (values[last] as number)))
  return axes.map((axis, d) => {
    const column = columns[d] as Int32Array
    const all = [...column].filter((cell) => cell >= 0)
    const top = [...column].filter((cell, row) => cell >= 0 && isTop[row] === 1)
    return { effect: divergence(axis, top, all), weight: all.length / n }
  })
}

function divergence(axis: Axis, top: readonly number[], all: readonly number[]): number {
  const [k, n] = [top.length, all.length]
  if (k === 0 || k === n) return 0
  // The same smoothness for both, so that what is smoothed away is no difference.
  const options = { bandwidth: bandwidthOf(top), priorShare: 1 / (k + 1) }
  const { density: good } = cellDensity(axis, top, options)
  const { density: known, spread } = cellDensity(axis, all, options)
  // The variance of the mean of k that are drawn from n, less that of the mean of all.
  const drawn = (n - k) / (k * (n - 1))
  const sum = known.reduce((total, share, cell) => {
    const distance = (good[cell] as number) - share
    return total + (distance * distance - drawn * (spread[cell] as number)) / share
  }, 0)
  return sum < rounding ? 0 : sum
}
