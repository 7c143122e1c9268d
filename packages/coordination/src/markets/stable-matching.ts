/**
 * Pairs of two sides that nobody would leave: no two who are not together both prefer each other to what they have. The side that
 * proposes does as well as in any such matching, and has no reason to misreport; the other side may have one.
 */

import { invalidMarket, marketTooLarge } from '../errors/market-errors.ts'

export interface TwoSides {
  /** [proposer]: receivers, best first; those left out are not wanted. */
  readonly proposers: readonly (readonly number[])[]
  /** [receiver]: proposers, best first; those left out are not wanted. */
  readonly receivers: readonly (readonly number[])[]
  /** [receiver]: how many it takes. @default 1 of each */
  readonly capacities?: readonly number[]
}

export interface StableMatching {
  /** By proposer: its receiver, or -1. */
  readonly receiverOf: readonly number[]
  /** By receiver: its proposers, best first. */
  readonly proposersOf: readonly (readonly number[])[]
  /** How many proposals it took. */
  readonly proposals: number
}

/** Proposers, and receivers, at most. */
export const matchingMax = 5_000

/**
 * The matching that is best for all proposers.
 *
 * Ensures: `blockingPair` finds none; each proposer has the best receiver that it has in any stable matching.
 * Throws: `coordination/invalid-market`, `coordination/market-too-large`.
 * Source: deferred acceptance, Gale & Shapley, Amer. Math. Monthly 69(1), 1962. Differs: none.
 * @example stableMatching({ proposers: [[0, 1], [0, 1]], receivers: [[1, 0], [0, 1]] }).receiverOf // => [1, 0]
 */
export function stableMatching(sides: TwoSides): StableMatching {
  const ranks = checkedRanks(sides)
  const { proposers, receivers, capacities } = sides
  const held = receivers.map((): number[] => [])
  const receiverOf = proposers.map(() => -1)
  const next = proposers.map(() => 0)
  const free = proposers.map((_, at) => proposers.length - 1 - at)
  let proposals = 0
  for (;;) {
    const proposer = free.pop()
    if (proposer === undefined) break
    const receiver = proposers[proposer]?.[next[proposer] as number]
    if (receiver === undefined) continue
    next[proposer] = (next[proposer] as number) + 1
    proposals++
    const own = held[receiver] as number[]
    const rankOf = (one: number) => ranks[receiver * proposers.length + one] as number
    if (rankOf(proposer) < 0) {
      free.push(proposer)
      continue
    }
    own.splice(placeBy(own, rankOf, proposer), 0, proposer)
    receiverOf[proposer] = receiver
    if (own.length <= (capacities?.[receiver] ?? 1)) continue
    const refused = own.pop() as number
    receiverOf[refused] = -1
    free.push(refused)
  }
  return { receiverOf, proposersOf: held, proposals }
}

/**
 * Two that would rather be together, each leaving what it has if need be; or somebody with whom it does not want to be; or `undefined`: the
 * matching is stable.
 * Throws: as `stableMatching`.
 */
export function blockingPair(
  sides: TwoSides,
  receiverOf: readonly number[],
): { readonly proposer: number; readonly receiver: number } | undefined {
  const ranks = checkedRanks(sides)
  const { proposers, receivers, capacities } = sides
  const rankOf = (receiver: number, proposer: number) => ranks[receiver * proposers.length + proposer] as number
  const taken = receivers.map(() => 0)
  const worst = receivers.map(() => -1)
  for (const [proposer, receiver] of receiverOf.entries()) {
    if (receiver < 0) continue
    taken[receiver] = (taken[receiver] ?? 0) + 1
    worst[receiver] = Math.max(worst[receiver] ?? -1, rankOf(receiver, proposer))
    const isWanted = rankOf(receiver, proposer) >= 0 && proposers[proposer]?.includes(receiver) === true
    if (!isWanted || (taken[receiver] as number) > (capacities?.[receiver] ?? 1)) return { proposer, receiver }
  }
  for (const [proposer, wanted] of proposers.entries()) {
    for (const receiver of wanted) {
      if (receiver === receiverOf[proposer]) break
      const rank = rankOf(receiver, proposer)
      const hasRoom = (taken[receiver] as number) < (capacities?.[receiver] ?? 1)
      if (rank >= 0 && (hasRoom || rank < (worst[receiver] as number))) return { proposer, receiver }
    }
  }
  return undefined
}

/** [receiver * proposers + proposer]: its rank, 0 the best; -1 for those who are not wanted. */
function checkedRanks({ proposers, receivers, capacities }: TwoSides): Int32Array {
  checkSide('proposers', proposers, receivers.length)
  checkSide('receivers', receivers, proposers.length)
  if (capacities !== undefined) {
    if (capacities.length !== receivers.length) {
      throw invalidMarket('stableMatching', 'capacities', `${receivers.length}, one a receiver`, capacities.length)
    }
    const bad = capacities.find((one) => !(Number.isSafeInteger(one) && one >= 0))
    if (bad !== undefined) throw invalidMarket('stableMatching', 'capacities', 'whole numbers >= 0', bad)
  }
  const ranks = new Int32Array(receivers.length * proposers.length).fill(-1)
  for (const [receiver, wanted] of receivers.entries()) {
    for (const [rank, proposer] of wanted.entries()) ranks[receiver * proposers.length + proposer] = rank
  }
  return ranks
}

function checkSide(what: string, side: readonly (readonly number[])[], others: number): void {
  if (side.length > matchingMax) throw marketTooLarge('stableMatching', what, matchingMax, side.length)
  // By place of the other side: the last row that named it.
  const named = new Int32Array(others).fill(-1)
  for (const [row, wanted] of side.entries()) {
    for (const one of wanted) {
      if (!(Number.isInteger(one) && one >= 0 && one < others)) {
        throw invalidMarket('stableMatching', what, `places of the other side below ${others}`, one)
      }
      if (named[one] === row) throw invalidMarket('stableMatching', what, 'each of the other side once', `${one} twice`)
      named[one] = row
    }
  }
}

/** Where it goes among those held, best first. */
function placeBy(own: readonly number[], rankOf: (one: number) => number, proposer: number): number {
  const rank = rankOf(proposer)
  let from = 0
  let to = own.length
  while (from < to) {
    const middle = (from + to) >>> 1
    if (rankOf(own[middle] as number) < rank) from = middle + 1
    else to = middle
  }
  return from
}
