/** Problems of who wins as the literature draws them, from a seed. */

import { type Random, seededRandom } from '@mabeam/foundation'
import type { ProblemBid, WinnerProblem } from '../auctions/winner-determination.ts'

/**
 * `random`: sets of any items, of every size alike. `regions`: neighbours on a square map, worth more together. `decay`: sets that go
 * on growing by three chances in four; the hard ones. `matching`: a slot here and a slot there.
 */
export type ProblemKind = 'random' | 'regions' | 'decay' | 'matching'

export const problemKinds: readonly ProblemKind[] = ['random', 'regions', 'decay', 'matching']

export interface GeneratedProblemOptions {
  readonly kind: ProblemKind
  readonly bids: number
  readonly items: number
  readonly seed: number | string
  /** Units of each item, drawn from 1 on. @default 1 */
  readonly unitsMax?: number
  /** Bidders, each of which wants at most one of its bids. @default each bid is by itself */
  readonly bidders?: number
  /** What an item is worth at most by itself. @default 1000 */
  readonly valueMax?: number
}

/**
 * Source: Sandholm, Artificial Intelligence 135, 2002 (random, decay); Leyton-Brown, Pearson & Shoham, EC 2000 (regions, matching).
 * Differs: simpler maps, whole values, units.
 */
export function generatedProblem(options: GeneratedProblemOptions): WinnerProblem {
  const { kind, bids, items, seed, unitsMax = 1, bidders, valueMax = 1_000 } = options
  const random = seededRandom(`${kind} ${seed}`)
  const supply = Array.from({ length: items }, () => 1 + random.int(unitsMax))
  const worth = supply.map(() => 1 + random.int(valueMax))
  return {
    supply,
    bids: Array.from({ length: bids }, (): ProblemBid => {
      const set = itemSets[kind](random, items)
      const quantity = 1 + random.int(Math.min(...set.map((item) => supply[item] ?? 1)))
      const sum = set.reduce((total, item) => total + (worth[item] ?? 1), 0) * quantity
      // Half as much to twice as much, and more for larger sets where what belongs together is sold.
      const together = kind === 'regions' ? set.length ** 0.2 : 1
      const value = Math.max(1, Math.round(sum * (0.5 + 1.5 * random.next()) * together))
      return { items: set, quantity, value, ...(bidders !== undefined && { group: random.int(bidders) }) }
    }),
  }
}

const itemSets: { readonly [kind in ProblemKind]: (random: Random, items: number) => readonly number[] } = {
  random: (random, items) => random.shuffle(range(items)).slice(0, 1 + random.int(items)),
  regions(random, items) {
    const width = Math.max(1, Math.ceil(Math.sqrt(items)))
    const set = new Set([random.int(items)])
    while (set.size < items && random.next() < 0.6) {
      const near = [...set].flatMap((item) => [item - width, item - 1, item + 1, item + width])
      const next = near.filter((item) => item >= 0 && item < items && !set.has(item))
      set.add(next[random.int(Math.max(1, next.length))] ?? random.int(items))
    }
    return [...set]
  },
  decay(random, items) {
    const order = random.shuffle(range(items))
    let size = 1
    while (size < items && random.next() < 0.75) size++
    return order.slice(0, size)
  },
  matching(random, items) {
    const half = Math.max(1, Math.floor(items / 2))
    return items < 2 ? [0] : [random.int(half), half + random.int(items - half)]
  },
}

function range(length: number): number[] {
  return Array.from({ length }, (_, at) => at)
}
