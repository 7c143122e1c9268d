/** Survival by niches: every direction of the objective space keeps about as many points. */

import { type Random, seededRandom } from '@mabeam/foundation'
import type { Individual } from './population.ts'
import { frontsOf } from './ranking.ts'

/**
 * Whole fronts first; of the front that does not fit those whose direction has the fewest survivors, the closest to the direction
 * first while it has none, then any.
 *
 * Shapes: `directions` [k][m].
 * Source: Deb & Jain, IEEE Trans. Evol. Comput. 18(4), 2014. Differs: where the extreme points span no plane the worst losses scale
 * the objectives; draws are by a stream of the population's size and losses, so that the outcome depends on them alone.
 */
export function nichedSurvivors(
  population: readonly Individual[],
  count: number,
  directions: readonly (readonly number[])[],
): Individual[] {
  const fronts = frontsOf(population.map(({ losses }) => losses))
  const kept: Individual[] = []
  const entered: Individual[] = []
  let last: Individual[] = []
  for (const [rank, front] of fronts.entries()) {
    last = front.map((index) => ({ ...(population[index] as Individual), rank, crowding: 0 }))
    entered.push(...last)
    if (kept.length + last.length > count) break
    kept.push(...last)
    last = []
    if (kept.length === count) return kept
  }
  if (last.length === 0) return kept
  const scaled = scaleForNiches(entered.map(({ losses }) => losses))
  const niches = scaled.map((point) => closest(point, directions))
  const counts = new Array<number>(directions.length).fill(0)
  for (let i = 0; i < kept.length; i++) {
    const { direction } = niches[i] as Niche
    counts[direction] = (counts[direction] as number) + 1
  }
  const candidates = last.map((individual, i) => ({ individual, niche: niches[kept.length + i] as Niche }))
  return [...kept, ...fillNiches(candidates, counts, { count: count - kept.length, random: streamOf(population) })]
}

interface Niche {
  readonly direction: number
  readonly distance: number
}

interface Candidate {
  readonly individual: Individual
  readonly niche: Niche
}

function fillNiches(
  candidates: Candidate[],
  counts: number[],
  { count, random }: { readonly count: number; readonly random: Random },
): Individual[] {
  const chosen: Individual[] = []
  const left = new Set(candidates)
  while (chosen.length < count && left.size > 0) {
    const fewest = Math.min(...[...left].map(({ niche }) => counts[niche.direction] as number))
    const rare = [...new Set([...left].map(({ niche }) => niche.direction))].filter((one) => counts[one] === fewest)
    const direction = rare[random.int(rare.length)] as number
    const members = [...left].filter(({ niche }) => niche.direction === direction)
    const nearest = members.reduce((best, one) => (one.niche.distance < best.niche.distance ? one : best))
    const pick = fewest === 0 ? nearest : (members[random.int(members.length)] as Candidate)
    left.delete(pick)
    counts[direction] = fewest + 1
    chosen.push(pick.individual)
  }
  return chosen
}

/** Losses less the ideal, over the intercepts of the plane through the extreme points. */
export function scaleForNiches(losses: readonly (readonly number[])[]): number[][] {
  const m = losses[0]?.length ?? 0
  const axes = Array.from({ length: m }, (_, k) => k)
  const ideal = axes.map((k) => Math.min(...losses.map((point) => point[k] as number)))
  const moved = losses.map((point) => point.map((value, k) => value - (ideal[k] as number)))
  const worst = axes.map((k) => Math.max(...moved.map((point) => point[k] as number)))
  const extremes = axes.map((axis) => {
    const height = (point: readonly number[]) =>
      Math.max(...point.map((value, k) => (k === axis ? value : value / 1e-6)))
    return moved.reduce((best, point) => (height(point) < height(best) ? point : best), moved[0] as number[])
  })
  const plane = solve(
    extremes,
    axes.map(() => 1),
  )
  const intercepts = axes.map((k) => {
    const intercept = plane ? 1 / (plane[k] as number) : Number.NaN
    const usable = Number.isFinite(intercept) && intercept > 1e-12 && intercept <= (worst[k] as number) * (1 + 1e-9)
    return usable ? intercept : (worst[k] as number) || 1
  })
  return moved.map((point) => point.map((value, k) => value / (intercepts[k] as number)))
}

/** The direction at the smallest distance, measured at right angles to it. */
function closest(point: readonly number[], directions: readonly (readonly number[])[]): Niche {
  let best: Niche = { direction: 0, distance: Number.POSITIVE_INFINITY }
  for (const [direction, along] of directions.entries()) {
    const length2 = along.reduce((sum, share) => sum + share * share, 0)
    const share = point.reduce((sum, value, k) => sum + value * (along[k] as number), 0) / length2
    const distance = Math.hypot(...point.map((value, k) => value - share * (along[k] as number)))
    if (distance < best.distance) best = { direction, distance }
  }
  return best
}

/** Gaussian elimination with pivots; undefined for a singular matrix. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] | undefined {
  const n = right.length
  const rows = matrix.map((row, i) => [...row, right[i] as number])
  for (let k = 0; k < n; k++) {
    let pivot = k
    for (let i = k + 1; i < n; i++) {
      if (Math.abs(rows[i]?.[k] as number) > Math.abs(rows[pivot]?.[k] as number)) pivot = i
    }
    const top = rows[pivot] as number[]
    if (!(Math.abs(top[k] as number) > 1e-12)) return undefined
    rows[pivot] = rows[k] as number[]
    rows[k] = top
    for (const [i, row] of rows.entries()) {
      if (i === k) continue
      const factor = (row[k] as number) / (top[k] as number)
      for (let j = k; j <= n; j++) row[j] = (row[j] as number) - factor * (top[j] as number)
    }
  }
  return rows.map((row, k) => (row[n] as number) / (row[k] as number))
}

function streamOf(population: readonly Individual[]): Random {
  return seededRandom(`niching/${population.length}/${population.at(-1)?.losses.join()}`)
}
