/** Ranks of a population: fronts one behind the other, and within a front by how alone a point stands. */

import { nonDominated } from '../../front/pareto-front.ts'

/** A ranked point of a population. */
export interface Ranked {
  readonly index: number
  /** 0 for the front, 1 for the front of the rest, and so on. */
  readonly rank: number
  /** The larger the more alone; `Infinity` at the ends of a front. */
  readonly crowding: number
}

/** Indices of the losses by front, the best first. Shapes: `losses` [n][m]. */
export function frontsOf(losses: readonly (readonly number[])[]): number[][] {
  const fronts: number[][] = []
  let rest = losses.map((_, index) => index)
  while (rest.length > 0) {
    const front = nonDominated(rest.map((index) => losses[index] as readonly number[])).map((i) => rest[i] as number)
    fronts.push(front)
    const gone = new Set(front)
    rest = rest.filter((index) => !gone.has(index))
  }
  return fronts
}

/**
 * The population in the order of survival: by rank, then the more alone first, then as given.
 *
 * Source: Deb, Pratap, Agarwal & Meyarivan, IEEE Trans. Evol. Comput. 6(2), 2002. Differs: none.
 */
export function bySurvival(losses: readonly (readonly number[])[]): Ranked[] {
  return frontsOf(losses).flatMap((front, rank) => {
    const crowding = crowdingOf(front.map((index) => losses[index] as readonly number[]))
    const ranked = front.map((index, i): Ranked => ({ index, rank, crowding: crowding[i] as number }))
    return ranked.sort((a, b) => (a.crowding === b.crowding ? a.index - b.index : b.crowding - a.crowding))
  })
}

/** Sum over the objectives of the gap between a point's neighbours, scaled to the spread of the front. */
function crowdingOf(front: readonly (readonly number[])[]): number[] {
  const crowding = new Array<number>(front.length).fill(0)
  for (let m = 0; m < (front[0]?.length ?? 0); m++) {
    const at = (i: number) => (front[i] as readonly number[])[m] as number
    const order = front.map((_, i) => i).sort((a, b) => at(a) - at(b) || a - b)
    const first = order[0] as number
    const last = order.at(-1) as number
    const spread = at(last) - at(first)
    for (const [place, i] of order.entries()) {
      const ends = place === 0 || place === order.length - 1
      const gap = ends
        ? Infinity
        : spread > 0
          ? (at(order[place + 1] as number) - at(order[place - 1] as number)) / spread
          : 0
      crowding[i] = (crowding[i] as number) + gap
    }
  }
  return crowding
}
