/** Hypervolume of four objectives and more, as a sum of what each point adds to the ones after it. Minimisation. */

import { area, volume } from './hypervolume-sweep.ts'
import { nonDominated } from './pareto-front.ts'

/**
 * Exact hypervolume in any number of objectives.
 *
 * Requires: points of `reference.length` numbers, each below the reference. Cost: exponential in the number of objectives at
 * worst; 1,000 points of a front take half a second in five objectives and some seconds in six.
 * Source: While, Bradstreet & Barone, A Fast Way of Calculating Exact Hypervolumes, IEEE Trans. Evol. Comput. 16(1), 2012 (WFG).
 * Differs: the sweeps serve as base from three objectives down; the last objective is sliced off once sorted, as in their IWFG.
 */
export function wfg(points: readonly (readonly number[])[], reference: readonly number[]): number {
  const m = reference.length
  if (m === 2) return area(points, reference)
  if (m === 3) return volume(points, reference)
  const front = nonDominated(points).map((i) => points[i] as readonly number[])
  front.sort((a, b) => (b[m - 1] as number) - (a[m - 1] as number))
  const below = reference.slice(0, -1)
  let sum = 0
  for (const [i, point] of front.entries()) {
    // All later points are no worse in the last objective, so what they share with this one has its depth.
    const shared = front
      .slice(i + 1)
      .map((other) => below.map((_, d) => Math.max(other[d] as number, point[d] as number)))
    const box = below.reduce((product, end, d) => product * (end - (point[d] as number)), 1)
    sum += ((reference[m - 1] as number) - (point[m - 1] as number)) * (box - wfg(shared, below))
  }
  return sum
}
