/** The best few of many trade-offs: by non-domination rank, and where a rank must be cut by hypervolume. */

import { seededRandom } from '@mabeam/foundation'
import { hypervolume } from './hypervolume.ts'
import { nonDominated } from './pareto-front.ts'

/** The reference, of losses that were scaled to [0, 1]. */
const referenceAt = 1.1
/** Points that volumes of more than three objectives are estimated from. */
const samplesMax = 1_024

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
 * the worst of the points in each objective and a tenth of their spread beyond. From four objectives on volumes are estimated from
 * 1,024 points of what is dominated.
 *
 * Source: greedy maximisation of a submodular function, within 1 - 1/e of the best subset; lazily as Minoux, 1978. The estimate
 * is that of Karp & Luby, 1983, for a union of boxes (for hypervolume: Bringmann & Friedrich, Comput. Geom. 43, 2010).
 */
export function hypervolumeSubset(points: readonly (readonly number[])[], count: number): number[] {
  const finite = points.map((point) => point.map((value) => Math.min(1e300, Math.max(-1e300, value))))
  const scaled = scaleToSpread(finite)
  if ((points[0]?.length ?? 0) > 3) return estimatedSubset(scaled, count)
  const reference = scaled[0]?.map(() => referenceAt) ?? []
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

/** Takes the point that dominates most of the samples that no other chosen one does, by weight; again and again. */
function estimatedSubset(points: readonly (readonly number[])[], count: number): number[] {
  const { covered, weights } = samplesOf(points)
  const gainOf = (samples: readonly number[]) => samples.reduce((sum, one) => sum + (weights[one] as number), 0)
  // A gain only falls, so that one that was looked at in this round and is the largest is the best.
  const gains = covered.map(gainOf)
  const rounds = new Int32Array(points.length)
  const rest = new Set(points.keys())
  const chosen: number[] = []
  while (chosen.length < count && rest.size > 0) {
    let best = -1
    for (const index of rest) if (best < 0 || (gains[index] as number) > (gains[best] as number)) best = index
    const samples = covered[best] as number[]
    if (rounds[best] === chosen.length) {
      rest.delete(best)
      chosen.push(best)
      for (const sample of samples) weights[sample] = 0
    } else {
      gains[best] = gainOf(samples)
      rounds[best] = chosen.length
    }
  }
  return chosen.sort((a, b) => a - b)
}

interface Samples {
  /** The samples that each point dominates. */
  readonly covered: readonly number[][]
  /** One over the number of points that dominate the sample: what is drawn from many boxes counts once. */
  readonly weights: Float64Array
}

/** Points drawn from the boxes between the given ones and the reference, more from the larger ones. */
function samplesOf(points: readonly (readonly number[])[]): Samples {
  const random = seededRandom('hypervolume subset')
  const volumes = points.map((point) => point.reduce((product, value) => product * (referenceAt - value), 1))
  const total = volumes.reduce((sum, volume) => sum + volume, 0)
  const covered = points.map((): number[] => [])
  const weights = new Float64Array(samplesMax)
  let [box, upTo] = [0, volumes[0] as number]
  for (let sample = 0; sample < samplesMax; sample++) {
    const at = ((sample + 0.5) / samplesMax) * total
    while (upTo < at && box + 1 < points.length) upTo += volumes[++box] as number
    const drawn = (points[box] as number[]).map((value) => value + random.next() * (referenceAt - value))
    let dominating = 0
    for (const [index, point] of points.entries()) {
      if (!point.every((value, i) => value <= (drawn[i] as number))) continue
      covered[index]?.push(sample)
      dominating++
    }
    weights[sample] = 1 / dominating
  }
  return { covered, weights }
}
