/** The best few of many trade-offs: by non-domination rank, and where a rank must be cut by hypervolume. */

import { hypervolume } from './hypervolume.ts'
import { nonDominated } from './pareto-front.ts'

/**
 * Indices of the `count` best points, ascending: whole fronts first, the front that doesn't fit cut by `hypervolumeSubset`.
 *
 * Shapes: `losses` [n][m] → indices [min(n, count)].
 * Source: Ozaki et al., J. Artif. Intell. Res. 73, 2022 (MOTPE). Differs: reference point, see `hypervolumeSubset`.
 * @example bestByRank([[2, 2], [0, 1], [1, 0]], 2) // => [1, 2]
 */
export function bestByRank(losses: readonly (readonly number[])[], count: number): number[] {
  const chosen: number[] = []
  let rest = losses.map((_, index) => index)
  while (chosen.length < count && rest.length > 0) {
    const local = nonDominated(rest.map((index) => losses[index] as readonly number[]))
    const front = local.map((position) => rest[position] as number)
    const room = count - chosen.length
    const points = front.map((index) => losses[index] as readonly number[])
    const kept = front.length <= room ? front : hypervolumeSubset(points, room).map((i) => front[i] as number)
    chosen.push(...kept)
    const gone = new Set(front)
    rest = rest.filter((index) => !gone.has(index))
  }
  return chosen.sort((a, b) => a - b)
}

/**
 * Indices of `count` points that together dominate much: each step takes the point that adds most volume. The reference is
 * the worst of the points in each objective and a tenth of their spread beyond. From four objectives on the points
 * with the smallest sum of losses (each scaled to its spread) are taken instead.
 *
 * Source: greedy maximisation of a submodular function, within 1 - 1/e of the best subset; lazily as Minoux, 1978.
 */
export function hypervolumeSubset(points: readonly (readonly number[])[], count: number): number[] {
  const finite = points.map((point) => point.map((value) => Math.min(1e300, Math.max(-1e300, value))))
  const scaled = scaleToSpread(finite)
  if ((points[0]?.length ?? 0) > 3) return smallestSums(scaled, count)
  const reference = scaled[0]?.map(() => 1.1) ?? []
  const queue = scaled.map((point, index) => ({ index, gain: hypervolume([point], reference), round: 0 }))
  const chosen: number[] = []
  const volumeOf = (extra: readonly number[]) =>
    hypervolume(
      [...chosen, ...extra].map((i) => scaled[i] as number[]),
      reference,
    )
  let volume = 0
  while (chosen.length < count && queue.length > 0) {
    queue.sort((a, b) => a.gain - b.gain || b.index - a.index)
    const top = queue[queue.length - 1] as (typeof queue)[number]
    if (top.round === chosen.length) {
      chosen.push(top.index)
      volume += top.gain
      queue.pop()
    } else {
      top.gain = volumeOf([top.index]) - volume
      top.round = chosen.length
    }
  }
  return chosen.sort((a, b) => a - b)
}

/** Each objective to [0, 1]; a constant one to 0. */
function scaleToSpread(points: readonly (readonly number[])[]): number[][] {
  const best = points[0]?.map((_, i) => Math.min(...points.map((point) => point[i] as number))) ?? []
  const worst = best.map((_, i) => Math.max(...points.map((point) => point[i] as number)))
  return points.map((point) =>
    point.map((value, i) => {
      const spread = (worst[i] as number) - (best[i] as number)
      return spread > 0 ? (value - (best[i] as number)) / spread : 0
    }),
  )
}

function smallestSums(points: readonly (readonly number[])[], count: number): number[] {
  const sums = points.map((point, index) => ({ index, sum: point.reduce((total, value) => total + value, 0) }))
  const smallest = sums.sort((a, b) => a.sum - b.sum || a.index - b.index).slice(0, count)
  return smallest.map(({ index }) => index).sort((a, b) => a - b)
}
