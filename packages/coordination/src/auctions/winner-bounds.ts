/** What is quickly known of a problem of who wins: an answer that will do, and what no answer can exceed. */

import type { ProblemBid, WinnerProblem } from './winner-determination.ts'

/** Items and groups that accepted bids have left. */
export class Leftover {
  readonly #units: number[]
  readonly #groups = new Set<number>()

  constructor(supply: readonly number[]) {
    this.#units = [...supply]
  }

  unitsOf(item: number): number {
    return this.#units[item] ?? 0
  }

  fits({ items, quantity, group }: ProblemBid): boolean {
    if (group !== undefined && this.#groups.has(group)) return false
    for (const item of items) if ((this.#units[item] ?? 0) < quantity) return false
    return true
  }

  take({ items, quantity, group }: ProblemBid): void {
    for (const item of items) this.#units[item] = (this.#units[item] ?? 0) - quantity
    if (group !== undefined) this.#groups.add(group)
  }

  giveBack({ items, quantity, group }: ProblemBid): void {
    for (const item of items) this.#units[item] = (this.#units[item] ?? 0) + quantity
    if (group !== undefined) this.#groups.delete(group)
  }
}

/**
 * Places of the bids from the one worth most for its size on; the size is the root of the units that it takes.
 *
 * Source: Lehmann, O'Callaghan & Shoham, J. ACM 49(5), 2002. Differs: units, and ties by place.
 */
export function densestFirst({ bids }: WinnerProblem): readonly number[] {
  const densities = bids.map(({ items, quantity, value }) => value / Math.sqrt(items.length * quantity))
  return bids.map((_, place) => place).toSorted((a, b) => (densities[b] ?? 0) - (densities[a] ?? 0) || a - b)
}

/** Bids accepted one after the other as they fit, densest first. */
export function greedyWinners(problem: WinnerProblem): readonly number[] {
  const left = new Leftover(problem.supply)
  return densestFirst(problem).filter((place) => {
    const bid = problem.bids[place]
    if (bid === undefined || !left.fits(bid)) return false
    left.take(bid)
    return true
  })
}

/** What the bids can be worth together at most. */
export function quickBound(problem: WinnerProblem): number {
  return new WinnerBound(problem.bids, problem.supply.length).of(0, new Leftover(problem.supply))
}

/**
 * What bids that are still to be decided on can be worth together at most, with what is left: the lesser of what groups, and what items,
 * could bring. By groups: the best of each that fits. By items: each unit left brings at most the largest share of a bid that fits
 * and needs it.
 */
export class WinnerBound {
  readonly #bids: readonly ProblemBid[]
  /** By bid, what it brings a unit. */
  readonly #shares: readonly number[]
  /** By bid, its group among those that there are; a bid by itself is one. */
  readonly #groups: readonly number[]
  readonly #bestOfGroup: Float64Array
  readonly #bestOfItem: Float64Array

  constructor(bids: readonly ProblemBid[], items: number) {
    this.#bids = bids
    this.#shares = bids.map(({ items: named, quantity, value }) => value / (named.length * quantity))
    const known = new Map<number, number>()
    let groups = 0
    this.#groups = bids.map(({ group }) => {
      const at = group === undefined ? groups : (known.get(group) ?? groups)
      if (at === groups) groups++
      if (group !== undefined) known.set(group, at)
      return at
    })
    this.#bestOfGroup = new Float64Array(groups)
    this.#bestOfItem = new Float64Array(items)
  }

  /** Ensures: a whole number, never too small for the bids from that place on: what rounding of shares could lose is added. */
  of(from: number, left: Leftover): number {
    this.#bestOfGroup.fill(0)
    this.#bestOfItem.fill(0)
    let byGroups = 0
    let byItems = 0
    for (let at = from; at < this.#bids.length; at++) {
      const bid = this.#bids[at] as ProblemBid
      if (!left.fits(bid)) continue
      const group = this.#groups[at] as number
      const more = bid.value - (this.#bestOfGroup[group] as number)
      if (more > 0) {
        byGroups += more
        this.#bestOfGroup[group] = bid.value
      }
      const share = this.#shares[at] as number
      for (const item of bid.items) {
        const moreShare = share - (this.#bestOfItem[item] as number)
        if (moreShare <= 0) continue
        byItems += moreShare * left.unitsOf(item)
        this.#bestOfItem[item] = share
      }
    }
    return Math.min(byGroups, Math.floor(byItems * (1 + 1e-9) + 1e-6))
  }
}
